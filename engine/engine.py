"""The engine as its users hold it: rules in, labels out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custrata.engine.backends import known_engine
from custrata.engine.calibration import Calibration, fixed_bands
from custrata.engine.compiled import Compiled, compile_classifier
from custrata.engine.diagnostics import Diagnostic, RulesError, Severity, nearest, warning
from custrata.engine.explain import Explainer, Explanation
from custrata.engine.lints import lint, symbolic
from custrata.engine.measures.derived import derivation
from custrata.engine.model import Classifier, FoundBands, Ruleset, reads_result
from custrata.engine.record import check_record, record_function
from custrata.engine.table_map import TableMap, map_table
from custrata.engine.values import Value, canonical, canonical_of

if TYPE_CHECKING:
    from custrata.engine.customer import Customer
    from custrata.engine.measures.kept_plans import Measurer
    from custrata.engine.plugins import Plugins
    from custrata.engine.result import Result
    from custrata.engine.run import Progress
    from custrata.engine.what_if import SwapSet


ATTRIBUTES = frozenset(
    (
        *("name", "kind", "channel", "size", "sector", "region", "area", "source", "stage"),
        *("groups", "owner", "team", "marketer", "referred_by", "created_at", "birth_date"),
        *("consent", "lost_reason", "lost_to"),
    )
)
"""What a customer record may say of a customer, besides attributes of the host's own."""


class Engine:
    """A ruleset, ready to classify.

    An engine never changes: `calibrated` gives a new one. It may be shared by threads.

    Attributes:
        ruleset: what the rules file says, merged with its plugins' defaults.
        plugins: what is installed.
        calibration: the cut points in use for single records; None before calibration.
    """

    def __init__(
        self,
        ruleset: Ruleset,
        plugins: Plugins,
        *,
        engine: str = "polars",
        calibration: Calibration | None = None,
    ):
        self.ruleset = ruleset
        self.plugins = plugins
        self.engine = known_engine(engine)
        self.calibration = calibration

    @classmethod
    def from_file(
        cls, path: str | Path, *, engine: str = "polars", plugins: Plugins | None = None
    ) -> Engine:
        """The engine of a rules file.

        Args:
            path: a YAML file in the rules format.
            engine: what computes, `polars`, `duckdb` or `spark`.
            plugins: None loads those that are installed.

        Raises:
            RulesError: the file is wrong; carries every diagnostic at once.
            DataError: there is no such engine.
        """
        return cls.from_text(read_rules(Path(path)), str(path), engine=engine, plugins=plugins)

    @classmethod
    def from_text(
        cls,
        text: str | bytes,
        file: str = "rules",
        *,
        engine: str = "polars",
        plugins: Plugins | None = None,
    ) -> Engine:
        """The engine of rules as text; `file` names them in messages.

        Raises:
            RulesError: the rules are wrong; carries every diagnostic at once.
            DataError: there is no such engine.
        """
        from custrata.engine.plugins import load_plugins
        from custrata.engine.rules import read_ruleset

        plugins = plugins or load_plugins()
        return cls(read_ruleset(text, file, plugins), plugins, engine=engine)

    # --- many customers -------------------------------------------------------------------

    def run(
        self,
        *,
        as_of: date,
        calibration: Calibration | None = None,
        strict: bool = False,
        progress: Progress | None = None,
        **frames: Any,
    ) -> Result:
        """Classifies all customers as of a day.

        Args:
            as_of: the last day that is read, in the ruleset's time zone; a time with a zone is
                converted.
            calibration: cut points to reuse; None takes this engine's own, if it is
                calibrated, else finds them in these customers.
            strict: whether facts of customers who are not among `customers` are an error.
            progress: called with a step's name, how much is done, and how much there is.
            frames: `customers`, `transactions`, `contacts`, `surveys`, `stage_changes`,
                `opportunities`, `feedback` and `measures`, each a frame of Polars, pandas,
                PyArrow, DuckDB or PySpark with a row per record (columns as in the domain's list of
                records); `measures` has a row per customer and a column per measure. Besides,
                `closed_days`: the dates on which nobody works, for measures that skip them; and
                `consent`: `denied` (usual) leaves out customers whose attribute `consent` is
                false, `given` all but those of whom it is true (so everybody, where there are
                no `customers`), `off` nobody.

        Returns:
            Labels, measures and all else that was found; frames of the kind that came in.

        Raises:
            DataError: a frame is at fault, or the calibration belongs to other rules.
        """
        from custrata.engine.result import run

        return run(
            self, as_of, calibration or self.calibration, frames, strict=strict, progress=progress
        )

    def what_if(self, draft: Engine | str | Path, result: Result) -> SwapSet:
        """Who would move if the draft took the place of the rules that gave `result`.

        Args:
            draft: an engine, or the path of a rules file.
            result: a run of this engine; what it measured is not measured again.
        """
        from custrata.engine.draft import swap_set

        if not isinstance(draft, Engine):
            draft = Engine.from_file(draft, engine=self.engine, plugins=self.plugins)
        return swap_set(draft, result)

    def check(
        self,
        *,
        as_of: date | None = None,
        strict: bool = False,
        progress: Progress | None = None,
        **frames: Any,
    ) -> tuple[Diagnostic, ...]:
        """Every diagnostic of the rules; with frames (see `run`), weighed by customers."""
        if not frames:
            return (*self.ruleset.diagnostics, *self._lints())
        if as_of is None:
            raise TypeError("check needs as_of where it is given frames")
        result = self.run(as_of=as_of, strict=strict, progress=progress, **frames)
        found = [
            item
            for name, table in result.maps.items()
            for item in lint(result.compiled[name], table)
        ]
        return (*result.diagnostics, *found)

    def _misspelt(self) -> Iterator[Diagnostic]:
        """Columns that no measure bears, but nearly: attributes are only known with data."""
        measures = {*self.plugins.measures, *self.ruleset.measures}
        for one in self.ruleset.classifiers:
            for name in one.columns:
                if reads_result(name) or "." in name or name in measures or name in ATTRIBUTES:
                    continue
                close = nearest(name, sorted({*measures, *one.bands} - {name}))
                told = f"{one.name}: no measure is named {name!r}, so it has to be an attribute"
                if close:
                    yield replace(warning("unknown-name", told, one.mark), nearest=close)

    def _lints(self) -> Iterator[Diagnostic]:
        yield from self._misspelt()
        for one in self.ruleset.classifiers:
            bands = symbolic(one)
            if bands is None:
                yield Diagnostic(
                    "needs-data",
                    f"{one.name}: gaps and overlaps can only be told with data, since cells "
                    "compare numbers with cut points that the customers decide",
                    Severity.INFO,
                    one.mark,
                )
                continue
            compiled = compile_classifier(one, bands)
            yield from lint(compiled, map_table(compiled, self.numbers))

    @cached_property
    def numbers(self) -> dict[str, bool]:
        """The measures that are numbers by declaration; True for whole ones."""
        types = {name: measure.type for name, measure in self.plugins.measures.items()}
        for name, use in self.ruleset.measures.items():
            types[name] = "integer" if use.days_since else types.get(use.measure or "", "number")
        return {
            name: kind == "integer"
            for name, kind in types.items()
            if kind in ("integer", "money", "number")
        }

    # --- one customer ---------------------------------------------------------------------

    def calibrated(self, calibration: Calibration) -> Engine:
        """This engine with the cut points of a run, ready for single records.

        Raises:
            DataError: the calibration belongs to other rules.
        """
        calibration.check_matches(self.ruleset)
        return Engine(self.ruleset, self.plugins, engine=self.engine, calibration=calibration)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings of the rules, and what single records cannot do as a run does it."""
        return (*self.ruleset.diagnostics, *self.frozen_ranks(), *self._dates())

    def frozen_ranks(self) -> Iterator[Diagnostic]:
        """What reusing a calibration means for bands that cut ranks."""
        for one in self.ruleset.classifiers:
            if any(bands.ties == "rank" for bands in one.bands.values()):
                told = f"{one.name}: who equals a border of the ranks then joins the lower band"
                yield warning("ties-by-rank", told, one.mark)

    def _dates(self) -> Iterator[Diagnostic]:
        """Measures that a single record has to bring, since they are counted from a date."""
        for name, use in self.ruleset.measures.items():
            if use.days_since and name in self.ruleset.columns:
                told = f"{name}: a single record has to bring it, since it counts from a date"
                yield warning("days-since-in-records", told, use.mark)

    def classify(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The labels of one customer, by classifier.

        Args:
            record: measures and attributes by name; what is missing is null. Text that spells
                a number is that number, NaN is null.

        Raises:
            RulesError: the rules need a calibration, and none is set.
            ValueError: a number is infinite. TypeError: a value is no scalar, or the record no
                mapping.
        """
        try:
            return self._classify(record)
        except (AttributeError, TypeError):  # looking first would cost every record
            check_record(record)
            raise

    def explain(self, record: Mapping[str, Any]) -> dict[str, Explanation]:
        """Why one customer has her labels, and what would give her better ones.

        Raises:
            As `classify`.
        """
        check_record(record)
        whole = self._derive(record) if self._derive else record
        values = {name: canonical_of(name, value) for name, value in whole.items()}
        return explain_all(self._explainers, values)

    def customer(
        self,
        *,
        as_of: date,
        customer: Any = None,
        measures: Any = None,
        transactions: Any = None,
        contacts: Any = None,
        surveys: Any = None,
        stage_changes: Any = None,
        opportunities: Any = None,
        feedback: Any = None,
        closed_days: Iterable[date] | None = None,
        consent: str = "denied",
    ) -> Customer:
        """Measures and labels of one customer, out of facts instead of measures.

        The same as a run's with the same calibration. What the population says, such as how
        many peers there are, comes from the calibration, and is null without one.

        Args:
            as_of: the last day that is read, in the ruleset's time zone; a time with a zone is
                converted.
            customer: attributes by name; a dict or a dataclass.
            measures: measures worked out elsewhere, likewise.
            transactions, contacts, surveys, stage_changes, opportunities, feedback: this
                customer's own records, each a list of dicts, dataclasses, named tuples, or
                tuples of the columns that the record needs; or a frame as `run` takes it.
                Ids may be left out. An empty list says that there are none; None, that nobody
                knows.
            closed_days, consent: as `run` takes them. Who may not be classified has no labels.

        Raises:
            DataError: a record is at fault, or the facts are of several customers.
        """
        from custrata.engine.customer import customer as measured

        given = {
            "customers": customer,
            "measures": measures,
            "transactions": transactions,
            "contacts": contacts,
            "surveys": surveys,
            "stage_changes": stage_changes,
            "opportunities": opportunities,
            "feedback": feedback,
        }
        return measured(self, as_of, given, closed_days, consent)

    @cached_property
    def measurer(self) -> Measurer:
        """Measures single customers, by what the calibration knows of all."""
        from custrata.engine.measures.kept_plans import Measurer

        states = self.calibration.states if self.calibration else {}
        return Measurer(self.ruleset, self.plugins.measures, states)

    @cached_property
    def compiled(self) -> tuple[Compiled, ...]:
        """The classifiers, compiled with the calibration's cut points."""
        return tuple(compile_classifier(one, self._bands(one)) for one in self.ruleset.classifiers)

    @cached_property
    def maps(self) -> dict[str, TableMap]:
        """The map of each table, without customers to weigh it."""
        return {one.name: map_table(one, self.numbers) for one in self.compiled}

    def _bands(self, one: Classifier) -> dict[str, FoundBands]:
        saved = self.calibration.bands.get(one.name, {}) if self.calibration else {}
        missing = [name for name, bands in one.bands.items() if bands.found and name not in saved]
        if missing:
            raise RulesError(
                Diagnostic(
                    "needs-calibration",
                    f"{one.name}.{missing[0]} has cut points that the customers decide",
                    mark=one.mark,
                    allowed="engine.calibrated(result.calibration) of a run",
                )
            )
        return {
            name: saved[name] if bands.found else fixed_bands(bands)
            for name, bands in one.bands.items()
        }

    @cached_property
    def _classify(self) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        return record_function(self.compiled, self._derive)

    @cached_property
    def _derive(self) -> Callable[[Mapping[str, Any]], Mapping[str, Any]] | None:
        """Adds what can be made of a record's other measures; None where nothing can."""
        floats = {name for name, one in self.plugins.measures.items() if one.type == "number"}
        return derivation(self.ruleset.columns, self.ruleset.measures, floats)

    @cached_property
    def _explainers(self) -> tuple[Explainer, ...]:
        known = self.calibration.scales if self.calibration else {}
        whole = [name for name, is_whole in self.numbers.items() if is_whole]
        scales = {**dict.fromkeys(whole, 0), **known}
        return tuple(Explainer(one, scales, self.moved_by, self.moves) for one in self.compiled)

    @cached_property
    def moves(self) -> dict[str, str]:
        """Which way each measure can still go, of those that cannot go both ways."""
        known, used = self.plugins.measures, self.ruleset.measures
        columns = {name for one in self.ruleset.classifiers for name in one.columns}
        declared = {
            name: known.get(used[name].measure or name if name in used else name)
            for name in columns
        }
        return {name: one.moves for name, one in declared.items() if one and one.moves != "both"}

    @cached_property
    def moved_by(self) -> dict[str, set[str]]:
        """For each column that the classifiers read, all columns that it is made of."""
        from custrata.engine.measures.declared import made_of

        found: dict[str, set[str]] = {}
        for one in self.ruleset.classifiers:
            for name in one.columns:
                if not reads_result(name):
                    found[name] = made_of(name, self.ruleset, self.plugins.measures)
            read = set(one.columns).union(*(found.get(name, set()) for name in one.columns))
            found[f"label.{one.name}"] = found[f"score.{one.name}"] = read
        return found


def explain_all(
    explainers: Iterable[Explainer], values: dict[str, Value]
) -> dict[str, Explanation]:
    """The explanations of all classifiers; each may read the results of those before it."""
    found: dict[str, Explanation] = {}
    for one in explainers:
        name = one.compiled.name
        found[name] = one.explain(values)
        result = found[name]["label"]
        if not isinstance(result, list):
            values[f"label.{name}"] = values[f"score.{name}"] = canonical(result)
    return found


def read_rules(path: Path) -> bytes:
    """What a rules file holds.

    Raises:
        RulesError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        what = error.strerror or "cannot be read"
        raise RulesError(
            Diagnostic("unreadable", f"{path}: {what.lower()}", allowed="a YAML file of rules")
        ) from error
