"""One classifier: from its checked parts to the model, with what its parts say of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError

from custrata.engine.diagnostics import Mark, Severity
from custrata.engine.model import (
    Bands,
    Cell,
    Classifier,
    HitPolicy,
    Label,
    LabelInfo,
    Rule,
)
from custrata.engine.rules.cells import BandNames, parse_cell
from custrata.engine.rules.document import Map, identity
from custrata.engine.rules.faults import Fault, listed, near, quoted
from custrata.engine.rules.fields import EXACT, exact_sum, hidden_name, number
from custrata.engine.rules.findings import Findings, Path
from custrata.engine.rules.inherit import label_names
from custrata.engine.rules.schema import RESERVED_COLUMNS, Row
from custrata.engine.values import spelling

if TYPE_CHECKING:
    from custrata.engine.plugins import ClassifierPlugin

_GROUP_EFFECTS = ("add_to_group", "remove_from_group")


@dataclass(frozen=True)
class Source:
    """A classifier as it is read.

    Attributes:
        path: from the file's root.
        data: what its schema made of it; parts that are wrong are absent.
        written: the mapping itself, merged with what it inherits.
        plugin: whose defaults it takes.
    """

    name: str
    path: Path
    data: Mapping[str, Any]
    written: Map
    plugin: ClassifierPlugin | None
    findings: Findings
    mark: Mark

    def fault(self, path: Path, fault: Fault, severity: Severity = Severity.ERROR) -> None:
        """A fault of one of the classifier's parts."""
        self.findings.add((*self.path, *path), fault, severity)


def build_classifier(source: Source) -> Classifier:
    """The classifier; what is wrong with it goes to the findings."""
    bands = _bands(source)
    rules = _rules(source, bands)
    table = source.data.get("table") or {}
    policy = table.get("hit_policy") or HitPolicy()
    used = source.plugin.declaration.name if source.plugin else None
    classifier = Classifier(
        source.name,
        used,
        bands,
        rules,
        policy,
        table.get("otherwise"),
        where=_where(source),
        outside=source.data.get("outside"),
        effects=source.data.get("effects") or {},
        parameters=_parameters(source),
        mark=source.mark,
    )
    _check_table(source, classifier)
    _check_bands_used(source, classifier)
    _check_own_effects(source, classifier)
    return replace(classifier, labels=_labels(source, classifier))


def given_labels(classifier: Classifier) -> dict[Any, Label]:
    """Every label that the table can give, by canonical value, in the order written."""
    said = [*(rule.label for rule in classifier.rules), classifier.otherwise, classifier.outside]
    labels: dict[Any, Label] = {}
    for label in said:
        if label is not None:
            labels.setdefault(identity(label), label)
    return labels


# --- bands and cells ----------------------------------------------------------------------


def _bands(source: Source) -> dict[str, Bands]:
    written = source.written.get("bands")
    loaded = source.data.get("bands") or {}
    if not isinstance(written, Map):
        return {}
    return {
        measure: replace(loaded[measure], measure=measure, mark=written.keys_at[measure])
        for measure in written
        if isinstance(loaded.get(measure), Bands)
    }


def _rules(source: Source, bands: Mapping[str, Bands]) -> tuple[Rule, ...]:
    """The rows that have a label; cells are looked into in all of them."""
    loaded = (source.data.get("table") or {}).get("rules") or ()
    sound = {id(row.source): row for row in loaded if isinstance(row, Row)}
    known: dict[str, BandNames | None] = {name: BandNames(one.names) for name, one in bands.items()}
    rules = []
    for index, written in enumerate(_rows(source)):
        if not isinstance(written, Map):
            continue
        columns = written.without(*RESERVED_COLUMNS)
        cells = _cells(source, columns, ("table", "rules", index), known)
        if row := sound.get(id(written)):
            marks = {column: columns.values_at[column] for column in cells}
            rules.append(Rule(cells, row.label, row.note, written.mark, marks))
    return tuple(rules)


def _cells(
    source: Source, columns: Map, path: Path, bands: Mapping[str, BandNames | None]
) -> dict[str, Cell]:
    """Cells by column; the column of a faulty band is not looked into."""
    faulty = _faulty_bands(source, bands) if path != ("where",) else ()
    cells = {}
    for column, value in columns.items():
        if column in faulty:
            continue
        if fault := _wrong_column(column):
            source.fault((*path, column), fault)
            continue
        try:
            cells[column] = parse_cell(value, bands.get(column))
        except ValidationError as error:
            source.findings.messages(error.messages, (*source.path, *path, column))
    return cells


def _where(source: Source) -> dict[str, Cell]:
    where = source.written.get("where")
    return _cells(source, where, ("where",), {}) if isinstance(where, Map) else {}


def _faulty_bands(source: Source, bands: Mapping[str, Any]) -> Iterable[str]:
    written = source.written.get("bands")
    return written.keys() - bands.keys() if isinstance(written, dict) else ()


def _wrong_column(column: str) -> Fault | None:
    if column in ("", "customer_id"):
        text = f"{quoted(column)} cannot be a column of a table"
        return Fault(text, "reserved-name", allowed="a measure or an attribute", at_key=True)
    return hidden_name(column)


def _check_bands_used(source: Source, classifier: Classifier) -> None:
    used = {column for row in _rows(source) if isinstance(row, Map) for column in row}
    for measure in classifier.bands:
        if measure not in used:
            text = f"no rule reads the bands of {measure}"
            source.fault(
                ("bands", measure), Fault(text, "unused-bands", at_key=True), Severity.WARNING
            )


def _rows(source: Source) -> list[Any]:
    """The rows as written, whatever they are."""
    table = source.written.get("table")
    rows = table.get("rules") if isinstance(table, Map) else None
    return rows if isinstance(rows, list) else []


# --- labels -------------------------------------------------------------------------------


def _check_table(source: Source, classifier: Classifier) -> None:
    """Labels are what the hit policy needs."""
    policy = classifier.policy
    order = {identity(label): spelling(label) for label in policy.order}
    adds = policy.scores and policy.aggregate != "count"
    for index, row in enumerate(_rows(source)):
        label = row.get("label") if isinstance(row, Map) else None
        if label is None or label == "" or isinstance(label, dict | list):
            continue
        path = ("table", "rules", index, "label")
        if order and identity(label) not in order:
            text = f"label {quoted(label)} is not in the order of {policy.kind}"
            known = tuple(order.values())
            hint = near(label, known)
            source.fault(path, Fault(text, "label-not-listed", allowed=listed(known), nearest=hint))
        if adds and number(label) is None:
            source.fault(path, _no_number(policy, label))
    if policy.scores:
        _check_score(source, classifier)


def _check_score(source: Source, classifier: Classifier) -> None:
    """What takes the place of a score is a number too, and no sum is beyond exact floats."""
    others = {("table", "otherwise"): classifier.otherwise, ("outside",): classifier.outside}
    for path, label in others.items():
        if label is not None and number(label) is None:
            source.fault(path, _no_number(classifier.policy, label))
    points = [found for rule in classifier.rules if (found := number(rule.label)) is not None]
    if classifier.policy.aggregate != "count" and not exact_sum(points):
        text = f"the points of {source.name} are too far apart to be summed exactly"
        source.fault(("table", "rules"), Fault(text, "label-out-of-range", allowed=EXACT))


def _no_number(policy: HitPolicy, label: Any) -> Fault:
    text = f"collect: {policy.aggregate} needs numbers, got {quoted(label)}"
    return Fault(text, "label-not-number", allowed="a number, without quotes")


def _labels(source: Source, classifier: Classifier) -> dict[str, LabelInfo]:
    """What is known of each label, the plugin's names under the file's."""
    written: Mapping[str, Any] = source.data.get("labels") or {}
    own = {name: info for name, info in written.items() if isinstance(info, LabelInfo)}
    names = label_names(source.plugin)
    given = [spelling(label) for label in given_labels(classifier).values()]
    labels = {}
    for label in dict.fromkeys((*own, *(name for name in given if name in names))):
        info = own.get(label, LabelInfo())
        labels[label] = replace(info, names={**names.get(label, {}), **info.names})
    if len(classifier.rules) == len(_rows(source)):
        _check_names(source, classifier, labels, given)
    return labels


def _check_names(
    source: Source, classifier: Classifier, labels: Mapping[str, LabelInfo], given: list[str]
) -> None:
    known = set(given)
    if not classifier.policy.scores:
        for label in given_labels(classifier).values():
            info = labels.get(spelling(label))
            if isinstance(label, str) and not (info and info.names):
                fault = Fault(
                    f"label {quoted(label)} has no name",
                    "label-without-name",
                    allowed="labels: {id: {name: {en: ...}}}",
                )
                source.fault(_place_of(source, label), fault, Severity.INFO)
    for part, severity in (("labels", Severity.WARNING), ("effects", Severity.ERROR)):
        for label in _own_keys(source, part):
            if label not in known:
                source.fault((part, label), _never_given(label, given), severity)


def _never_given(label: str, given: list[str]) -> Fault:
    text = f"no rule gives the label {quoted(label)}"
    close = near(label, given)
    return Fault(text, "unknown-label", allowed=listed(given), nearest=close, at_key=True)


def _own_keys(source: Source, part: str) -> list[str]:
    """The keys that the file itself writes, not its plugin."""
    written = source.written.get(part)
    if not isinstance(written, Map):
        return []
    return [key for key in written if written.keys_at[key].file == source.mark.file]


def _place_of(source: Source, label: Label) -> Path:
    """Where a label is given first."""
    for index, row in enumerate(_rows(source)):
        if row["label"] == label:
            return ("table", "rules", index, "label")
    table = source.written.get("table")
    otherwise = table.get("otherwise") if isinstance(table, Map) else None
    return ("table", "otherwise") if otherwise == label else ("outside",)


# --- effects and parameters ---------------------------------------------------------------


def _check_own_effects(source: Source, classifier: Classifier) -> None:
    for path, fault in group_faults(classifier, frozenset(classifier.columns)):
        source.fault(path, fault)


def group_faults(classifier: Classifier, read: Set[str]) -> Iterator[tuple[Path, Fault]]:
    """Effects that write a group which is among the columns read."""
    for label, moments in classifier.effects.items():
        for moment, effects in moments.items():
            for index, effect in enumerate(effects):
                group = f"groups.{effect.argument}"
                if effect.name in _GROUP_EFFECTS and {group, "groups"} & read:
                    text = f"{effect.name} changes {quoted(group)}, which decides this very label"
                    fault = Fault(text, "effect-circle", allowed="a group that no rule here reads")
                    yield ("effects", label, moment, index), fault


def _parameters(source: Source) -> Mapping[str, Any]:
    given = source.data.get("parameters")
    if given is None:
        given = Map(source.mark)
    if not isinstance(given, Map):
        source.fault(
            ("parameters",), Fault("must be a mapping", "wrong-type", allowed="key: value")
        )
        return {}
    schema = source.plugin.declaration.parameters if source.plugin else None
    return source.findings.parameters(schema, given, (*source.path, "parameters"))
