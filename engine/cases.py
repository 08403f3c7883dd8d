"""Cases: records as of a date, and the labels that they must get; how a plugin is tested.

A case file is YAML, one case or several parted by `---`; `plugins/README.md` shows the format.
Each case goes through the engine as a run, and each of its customers again as a single record.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import yaml

from custrata.engine.backends import Backend, backend
from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest
from custrata.engine.engine import Engine
from custrata.engine.model import RECORDS, Classifier
from custrata.engine.plugins import Plugins, load_plugins
from custrata.engine.result import Result
from custrata.engine.values import canonical

KEYS = ("name", "as_of", "rules", *RECORDS, "expect", "missing", "warnings")

_READER = "expected_measures"
_ABSENT = "not there"

Record = Mapping[str, Any]
Expectation = Mapping[str, Any]
"""By classifier the label, by measure the value; or either by the day from which it holds."""


@dataclass(frozen=True)
class Case:
    """Records, and what must come of them.

    Attributes:
        name: for messages: plugin, file and case.
        days: the as-of dates to run on, ascending.
        rules: what a rules file would say; without `classifiers`, those expected run.
        given: lists of records by kind; a kind left out was not given.
        expect: by customer id, then by classifier or measure.
        missing: by customer id and classifier, the inputs that the explanation calls missing.
        warnings: codes that must come up.
    """

    name: str
    days: tuple[date, ...]
    rules: Mapping[str, Any]
    given: Mapping[str, Sequence[Record]]
    expect: Mapping[str, Expectation]
    missing: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mismatch:
    """Something that came out otherwise than expected."""

    case: str
    day: date
    subject: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        what = f"{self.subject} is {self.got!r}, expected {self.expected!r}"
        return f"{self.case}, {self.day}: {what}"


# --- reading ------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """YAML as in a rules file: `no`, `012`, `12:30` and `2026-11-21` are text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern in {
    "null": r"~|null|",
    "bool": r"true|false",
    "int": r"-?(0|[1-9][0-9]*)",
    "float": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?",
}.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^({_pattern})$"), None)


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file, in order.

    Raises:
        DataError: no YAML, an unknown key, or a case without `as_of` or `expect`.
    """
    return cases_of(path.read_text(encoding="utf-8"), path)


def cases_of(text: str, path: Path) -> tuple[Case, ...]:
    """The cases of a text; `path` says where it stands, and whence files of rules are sought.

    Raises:
        As `read_cases`.
    """
    try:
        documents = list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        raise _fault(path, f"the case file is no YAML: {error}") from error
    return tuple(_case(one, path, number) for number, one in enumerate(documents, start=1))


def _case(document: Any, path: Path, number: int) -> Case:
    for fault in _faults(document):
        raise _fault(path, f"case {number}: {fault}")
    try:
        days = _days(document["as_of"])
    except (KeyError, ValueError) as error:
        raise _fault(path, f"case {number}: as_of is no date, nor {{from, to}}: {error}") from error
    return Case(
        name=f"{path.parent.parent.name}/{path.stem}: {document.get('name', number)}",
        days=days,
        rules=_rules(document.get("rules", {}), path.parent),
        given={kind: document[kind] for kind in RECORDS if kind in document},
        expect=_by_customer(document["expect"]),
        missing=_by_customer(document.get("missing", {})),
        warnings=tuple(document.get("warnings", ())),
    )


def _fault(path: Path, message: str) -> DataError:
    return DataError(Diagnostic("bad-case", message, mark=Mark(str(path))))


def _faults(document: Any) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f"a case is a mapping, got {type(document).__name__}"
        return
    for key in document:
        if key not in KEYS:
            close = nearest(str(key), KEYS)
            yield f"unknown key {key!r}" + (f"; did you mean {close!r}?" if close else "")
    yield from (f"{key!r} is missing" for key in ("as_of", "expect") if key not in document)


def _by_customer(given: Mapping[Any, Any]) -> dict[str, Any]:
    """Ids are text, however YAML reads them."""
    return {str(customer): value for customer, value in given.items()}


def _days(as_of: Any) -> tuple[date, ...]:
    """One day, or each day of `{from, to}`."""
    ends = [as_of["from"], as_of["to"]] if isinstance(as_of, dict) else [as_of, as_of]
    first, last = (date.fromisoformat(str(end)) for end in ends)
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _rules(rules: Any, folder: Path) -> dict[str, Any]:
    """The rules written in the case, or in the file it names, or laid over `extends`."""
    if isinstance(rules, str):
        return _load(folder / rules)
    told = {"ruleset": 1, **rules}
    base = told.pop("extends", None)
    return _laid_over(_load(folder / base), told) if base else told


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506, a SafeLoader
    return loaded


def _laid_over(base: Any, top: Any) -> Any:
    """`top` over `base`: mappings merge key by key, all else is replaced."""
    if not (isinstance(base, dict) and isinstance(top, dict)):
        return top
    return base | {key: _laid_over(base.get(key), value) for key, value in top.items()}


# --- frames -------------------------------------------------------------------------------


def frames(case: Case, engine: Backend) -> dict[str, nw.LazyFrame[Any]]:
    """The case's records as frames of an engine, by kind; ids are text."""
    return {kind: _frame(records, engine) for kind, records in case.given.items()}


def _frame(records: Sequence[Record], engine: Backend) -> nw.LazyFrame[Any]:
    names = list(dict.fromkeys(name for record in records for name in record)) or ["customer_id"]
    columns = {name: _column([record.get(name) for record in records], name) for name in names}
    values = {name: values for name, (values, _) in columns.items()}
    return engine.table(values, {name: dtype for name, (_, dtype) in columns.items()})


def _column(values: Sequence[Any], name: str) -> tuple[list[Any], Any]:
    """A column's values, and the type that holds them all; days and ids are text, as in a CSV."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return list(values), nw.Boolean()
    if kinds == {int} and name != "customer_id":
        return list(values), nw.Int64()
    if kinds and kinds <= {int, float} and name != "customer_id":
        return [None if value is None else float(value) for value in values], nw.Float64()
    return [None if value is None else _text(value) for value in values], nw.String()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- running ------------------------------------------------------------------------------


def run_case(
    case: Case, engine: str = "polars", plugins: Plugins | None = None
) -> tuple[Mismatch, ...]:
    """What comes out otherwise than the case expects; nothing where all is well.

    Raises:
        RulesError: the case's rules are at fault.
        DataError: the case expects something of a name that nothing brings.
    """
    known = plugins or load_plugins()
    text = _rules_text(case, known)
    loaded = Engine.from_text(text, case.name, engine=engine, plugins=known)
    _refuse_unknown(case, loaded)
    given = frames(case, backend(engine))
    return tuple(
        Mismatch(case.name, day, subject, expected, got)
        for day in case.days
        for subject, expected, got in _differences(case, day, loaded, given)
    )


def _refuse_unknown(case: Case, loaded: Engine) -> None:
    """A misspelt measure is null, and would be as expected where null is."""
    records = (*case.given.get("customers", ()), *case.given.get("measures", ()))
    known = {name for record in records for name in record}
    known |= loaded.plugins.measures.keys() | loaded.ruleset.measures.keys()
    known |= {one.name for one in loaded.ruleset.classifiers}
    for name in {name for one in case.expect.values() for name in one} - known:
        close = nearest(name, known)
        text = f"{case.name}: {name!r} is neither a classifier that runs nor a measure"
        raise DataError(Diagnostic("bad-case", text, nearest=close))


def _rules_text(case: Case, plugins: Plugins) -> str:
    """The case's rules as a file; without classifiers, those it expects with their defaults.

    Only what a table reads is measured, so one more table reads whatever else is expected.
    """
    expected = dict.fromkeys(name for one in case.expect.values() for name in one)
    default: dict[str, Any] = {name: {} for name in expected if name in plugins.classifiers}
    classifiers = case.rules.get("classifiers", default)
    measures = dict.fromkeys(name for name in expected if name not in classifiers)
    reader = {_READER: {"table": {"rules": [{**measures, "label": "none"}]}}} if measures else {}
    rules = {**case.rules, "classifiers": {**classifiers, **reader}}
    return json.dumps(rules, ensure_ascii=False, indent=2, default=str)  # JSON is YAML


def _differences(
    case: Case, day: date, loaded: Engine, given: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Subject, what was expected of it, and what came."""
    result = loaded.run(as_of=day, **given)
    labels, measures = _rows(result.labels), _rows(result.measures)
    for customer, expectation in case.expect.items():
        got = {**measures.get(customer, {}), **labels.get(customer, {})}
        for name, told in expectation.items():
            expected = _on(told, day)
            if name not in got or not _same(expected, got[name]):
                yield f"{customer}.{name}", expected, got.get(name, _ABSENT)
    yield from _missing(case, result)
    codes = {one.code for one in result.diagnostics}
    yield from ((f"warning {code}", "given", "not given") for code in set(case.warnings) - codes)
    yield from _single(loaded.calibrated(result.calibration), labels, measures)


def _rows(frame: Any) -> dict[str, dict[str, Any]]:
    """A result's rows by customer id."""
    rows = nw.from_native(frame).lazy().collect().iter_rows(named=True)
    return {row.pop("customer_id"): row for row in rows}


def _on(told: Any, day: date) -> Any:
    """What is expected on a day: the value itself, or the latest of those given by day."""
    if not isinstance(told, dict):
        return told
    since = [start for start in told if start <= day.isoformat()]
    return told[max(since)] if since else None


def _same(expected: Any, got: Any) -> bool:
    """Equal as the rules see it: `3` is `"3"`, and a float has its rounding error."""
    if isinstance(expected, list) or isinstance(got, list):
        return _items(expected) == _items(got)
    if isinstance(got, float) and isinstance(expected, (int, float)):
        return math.isclose(got, expected, rel_tol=1e-9, abs_tol=1e-12)
    return canonical(expected) == canonical(got)


def _items(given: Any) -> list[Any] | None:
    """A list of labels, which a run's column has as JSON; None where there is none."""
    found = json.loads(given) if isinstance(given, str) else given
    return None if found is None else list(map(canonical, found))


def _missing(case: Case, result: Result) -> Iterator[tuple[str, Any, Any]]:
    if not case.missing:
        return
    told = {
        (one["customer_id"], one["classifier"]): sorted(one["missing"])
        for one in result.explanations()
        if one["customer_id"] in case.missing
    }
    for customer, expectation in case.missing.items():
        for classifier, expected in expectation.items():
            got = told.get((customer, classifier), _ABSENT)
            if got != sorted(expected):
                yield f"what {customer}.{classifier} misses", sorted(expected), got


def _single(
    loaded: Engine, labels: Mapping[str, Record], measures: Mapping[str, Record]
) -> Iterator[tuple[str, Any, Any]]:
    """Where a single record of the run's own measures gets another label than in the run."""
    ranked = {one.name for one in loaded.ruleset.classifiers if _by_rank(one)}
    for customer, measured in measures.items():
        alone = loaded.classify(measured)
        for name in alone.keys() - ranked:
            if not _same(labels[customer][name], alone[name]):
                yield f"{customer}.{name} as a single record", labels[customer][name], alone[name]


def _by_rank(classifier: Classifier) -> bool:
    """Whether the classifier is for batches only."""
    return any(bands.ties == "rank" for bands in classifier.bands.values())
