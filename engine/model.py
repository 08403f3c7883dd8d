"""A ruleset as the engine holds it: read, validated, merged with what its plugins bring.

Pure data. `rules/` makes it from text; calibration, compilation and explanation read it.
Numbers are exact (`int` or `Fraction`), texts are canonical (see `values`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from custrata.engine.diagnostics import Diagnostic, Mark
from custrata.engine.values import Number

RECORDS = (
    "customers",
    "transactions",
    "contacts",
    "surveys",
    "stage_changes",
    "opportunities",
    "feedback",
    "measures",
)
"""The records that a run may be given."""
EVERYONE, DENIED, GIVEN = CONSENTS = ("off", "denied", "given")
"""Who is classified, by consent: everyone, all but those who refused, only those who gave it."""
UNKNOWN = "unknown"
"""The band of a null."""
OTHER = "other"
"""The band of text in a banded measure, where no cell names that text."""

# --- cut points ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Fixed:
    """A number."""

    value: Number


@dataclass(frozen=True)
class Mean:
    """The arithmetic mean of the population."""


@dataclass(frozen=True)
class Quantile:
    """The value at a share of the sorted population (`median` is 1/2, linear)."""

    share: Fraction
    method: Literal["linear", "lower", "higher", "nearest", "midpoint", "step"] = "linear"


@dataclass(frozen=True)
class Deviation:
    """That many standard deviations from the mean."""

    times: Fraction
    sample: bool = True


@dataclass(frozen=True)
class TopFraction:
    """The smallest tie-closed set of largest values that reaches a fraction of customers."""

    fraction: Fraction


@dataclass(frozen=True)
class BottomFraction:
    """The smallest tie-closed set of smallest values that reaches a fraction of customers."""

    fraction: Fraction


@dataclass(frozen=True)
class TopShare:
    """The tie-closed set of largest values that brings a share of all positive value."""

    share: Fraction
    border: Literal["reaches", "within"] = "reaches"


@dataclass(frozen=True)
class OfTotal:
    """That fraction of the population's total."""

    fraction: Fraction


CutPoint = Fixed | Mean | Quantile | Deviation | TopFraction | BottomFraction | TopShare | OfTotal


@dataclass(frozen=True)
class Bands:
    """How a classifier cuts one measure; `names` has one more than `cuts`."""

    measure: str
    cuts: tuple[CutPoint, ...]
    names: tuple[str, ...]
    closed: Literal["left", "right"] = "left"
    ties: Literal["value", "rank"] = "value"
    duplicates: Literal["keep", "drop_last", "drop_first"] = "keep"
    mark: Mark | None = field(default=None, compare=False)

    @property
    def found(self) -> bool:
        """Whether the population decides where the cuts are."""
        return (
            self.ties == "rank"
            or self.duplicates != "keep"
            or any(not isinstance(cut, Fixed) for cut in self.cuts)
        )


@dataclass(frozen=True, order=True)
class Cut:
    """Where a cut point lies: a value is above it if `value >= at`, or `> at` where strict.

    A cut that could not be found is absent (None) and all stay below it.
    """

    at: Number
    strict: bool = False


@dataclass(frozen=True)
class FoundBands:
    """Bands whose cuts are known. `cuts` ascend; None stays unreached and is last."""

    cuts: tuple[Cut | None, ...]
    names: tuple[str, ...]


# --- cells --------------------------------------------------------------------------------


@dataclass(frozen=True)
class InBand:
    """In the band of that name; `unknown` and `other` are bands too."""

    name: str


@dataclass(frozen=True)
class Equals:
    """Equal to a number or a text."""

    value: int | Fraction | str


@dataclass(frozen=True)
class Interval:
    """A number between two ends; an end of None is open to infinity."""

    low: Number | None = None
    low_open: bool = False
    high: Number | None = None
    high_open: bool = False


@dataclass(frozen=True)
class IsNull:
    """Null, and nothing else."""


@dataclass(frozen=True)
class AnyOf:
    """At least one of the parts holds."""

    parts: tuple[Cell, ...]


@dataclass(frozen=True)
class Not:
    """Not null, and none of the parts holds."""

    parts: tuple[Cell, ...]


Cell = InBand | Equals | Interval | IsNull | AnyOf | Not

# --- tables -------------------------------------------------------------------------------

Label = str | int | Fraction | bool
"""A label, or a scorecard's points."""


@dataclass(frozen=True)
class Rule:
    """One row of a table. A column that it leaves out means anything."""

    cells: Mapping[str, Cell]
    label: Label
    note: str | None = None
    mark: Mark | None = field(default=None, compare=False)
    cell_marks: Mapping[str, Mark] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class HitPolicy:
    """What the rows hit come to.

    Attributes:
        kind: DMN's name.
        order: every label, best first, for `priority` and `output_order`.
        aggregate: for `collect`; None gives the list.
    """

    kind: Literal["first", "unique", "any", "priority", "rule_order", "output_order", "collect"] = (
        "first"
    )
    order: tuple[Label, ...] = ()
    aggregate: Literal["sum", "min", "max", "count"] | None = None

    @property
    def lists(self) -> bool:
        """Whether the result is a list of labels."""
        return self.kind in ("rule_order", "output_order") or (
            self.kind == "collect" and self.aggregate is None
        )

    @property
    def scores(self) -> bool:
        """Whether the result is a number made of the rows' labels."""
        return self.kind == "collect" and self.aggregate is not None


@dataclass(frozen=True)
class LabelInfo:
    """What is known of a label besides its id. Rank 1 is best; names by language."""

    names: Mapping[str, str] = field(default_factory=dict)
    rank: int | None = None


@dataclass(frozen=True)
class Effect:
    """What follows a transition: `argument` is None for a bare name."""

    name: str
    argument: Any = None


@dataclass(frozen=True)
class Classifier:
    """One table with the bands that it reads.

    Attributes:
        bands: by measure.
        otherwise: the label where no row hits; None leaves it to the hit policy.
        where: who takes part, cells by column; bands of its own are not known there.
        outside: the label of those whom `where` leaves out.
        effects: by label, then `enter` or `leave`.
    """

    name: str
    plugin: str | None
    bands: Mapping[str, Bands]
    rules: tuple[Rule, ...]
    policy: HitPolicy = HitPolicy()
    otherwise: Label | None = None
    where: Mapping[str, Cell] = field(default_factory=dict)
    outside: Label | None = None
    labels: Mapping[str, LabelInfo] = field(default_factory=dict)
    effects: Mapping[str, Mapping[str, tuple[Effect, ...]]] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    mark: Mark | None = field(default=None, compare=False)

    @property
    def table_columns(self) -> tuple[str, ...]:
        """The columns that rows read, banded ones first, each in the order written."""
        read = {name: None for rule in self.rules for name in rule.cells}
        banded = [name for name in self.bands if name in read]
        return (*banded, *(name for name in read if name not in self.bands))

    @property
    def columns(self) -> tuple[str, ...]:
        """`table_columns`, then what only `where` reads."""
        table = self.table_columns
        return (*table, *(name for name in self.where if name not in table))


# --- measures of a ruleset ----------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    """Days or whole periods back from the as-of date: `older` out, `newer` in.

    None as `older` has no limit.
    """

    older: int | None
    newer: int = 0
    calendar: Literal["month", "year"] | None = None


@dataclass(frozen=True)
class MeasureUse:
    """A measure under a name, with parameters: a ruleset's own, or a plugin's as it is.

    Attributes:
        name: the column.
        measure: what computes it; None for the three forms below.
        parameters: as written, without `window` and `calendar`.
        window: None takes the ruleset's `window_days`.
        ratio: `a ÷ b`. difference: `a − b`. days_since: a date attribute.
    """

    name: str
    measure: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    window: Window | None = None
    ratio: tuple[str, str] | None = None
    difference: tuple[str, str] | None = None
    days_since: str | None = None
    mark: Mark | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Ruleset:
    """Everything that a rules file says, with what its plugins bring.

    Attributes:
        file: for messages.
        window_days: None for no limit.
        classifiers: the enabled ones, each after those whose labels it reads.
        diagnostics: warnings found on the way.
    """

    file: str
    time_zone: str = "UTC"
    currency: str | None = None
    window_days: int | None = 365
    measures: Mapping[str, MeasureUse] = field(default_factory=dict)
    classifiers: tuple[Classifier, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The measures and attributes that the classifiers read."""
        names = (name for one in self.classifiers for name in one.columns)
        return tuple(dict.fromkeys(name for name in names if not reads_result(name)))


def reads_result(column: str) -> bool:
    """Whether a column is another classifier's result, `label.rfm` or `score.lead`."""
    return column.startswith(("label.", "score."))
