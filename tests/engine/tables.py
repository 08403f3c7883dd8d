"""Random tables and records, and a slow reading of the format to hold every executor against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import narwhals.stable.v2 as nw
from hypothesis import strategies as st

from custrata.engine.columns import Column
from custrata.engine.compiled import to_json
from custrata.engine.model import (
    AnyOf,
    Bands,
    Cell,
    Classifier,
    Cut,
    Equals,
    Fixed,
    FoundBands,
    HitPolicy,
    InBand,
    Interval,
    IsNull,
    LabelInfo,
    Not,
    Rule,
)
from custrata.engine.values import Value, canonical

COLUMNS = {
    "days": Column("days", "integer"),
    "money": Column("money", "integer", scale=2, money=True),
    "ratio": Column("ratio", "float"),
    "word": Column("word", "text"),
    "mixed": Column("mixed", "text"),
}
TYPES = {
    "days": nw.Int64,
    "money": nw.Int64,
    "ratio": nw.Float64,
    "word": nw.String,
    "mixed": nw.String,
}
BANDED = ("days", "money", "ratio")
LABELS = ("red", "green", "blue")

# few numbers, so that values and cuts meet
wholes = st.integers(-3, 6)
cents = st.integers(-300, 600).map(lambda n: Fraction(n, 100))
tenths = st.sampled_from([Fraction(n, 10) for n in range(-3, 7)] + [Fraction(1, 3)])
words = st.sampled_from(["x", "y", "true", "false", "01"])
_numbers = {"days": wholes, "money": cents, "ratio": tenths, "word": wholes, "mixed": wholes}


@st.composite
def cells(draw: st.DrawFn, column: str, names: tuple[str, ...], depth: int = 2) -> Cell:
    """A cell that may stand in a column, over the bands it has there."""
    numbers = _numbers[column]
    kinds = ["equals", "interval", "null", "text"]
    kinds += ["band"] * 3 if names else []
    kinds += ["any", "not"] if depth else []
    kind = draw(st.sampled_from(kinds))
    if kind == "band":
        return InBand(draw(st.sampled_from([*names, "unknown", "other"])))
    if kind == "equals":
        return Equals(draw(numbers))
    if kind == "text":
        return Equals(draw(words))
    if kind == "null":
        return IsNull()
    if kind == "interval":
        low, high = sorted(draw(st.tuples(numbers, numbers)))
        ends = draw(st.sampled_from([(low, high), (None, high), (low, None)]))
        return Interval(ends[0], draw(st.booleans()), ends[1], draw(st.booleans()))
    parts = draw(st.lists(cells(column, names, depth - 1), min_size=1, max_size=3))
    return AnyOf(tuple(parts)) if kind == "any" else Not(tuple(parts))


@st.composite
def found_bands(draw: st.DrawFn, column: str) -> FoundBands:
    """Bands with known cuts; some coincide, the last ones may not be found."""
    count = draw(st.integers(0, 3))
    values = [Cut(draw(_numbers[column]), draw(st.booleans())) for _ in range(count)]
    unfound = draw(st.integers(0, count)) if draw(st.integers(0, 4)) == 0 else 0
    known: list[Cut | None] = [*sorted(values)[: count - unfound], *[None] * unfound]
    return FoundBands(tuple(known), tuple(f"band{place}" for place in range(count + 1)))


@dataclass(frozen=True)
class Table:
    """A classifier with the cuts of its bands."""

    classifier: Classifier
    bands: Mapping[str, FoundBands]


POLICIES = (
    HitPolicy(),
    HitPolicy("unique"),
    HitPolicy("any"),
    HitPolicy("priority", order=("green", "blue", "red")),
    HitPolicy("rule_order"),
    HitPolicy("output_order", order=("blue", "red", "green")),
    HitPolicy("collect"),
    *(HitPolicy("collect", aggregate=name) for name in ("sum", "min", "max", "count")),
)
JUDGED = tuple(policy for policy in POLICIES if policy.kind in ("unique", "any"))


@st.composite
def tables(
    draw: st.DrawFn, most_rules: int = 6, policies: tuple[HitPolicy, ...] = POLICIES
) -> Table:
    """A random table under any of the hit policies; every third reads a column a row."""
    used = draw(st.lists(st.sampled_from(sorted(COLUMNS)), unique=True, max_size=4))
    banded = [column for column in used if column in BANDED and draw(st.booleans())]
    bands = {column: draw(found_bands(column)) for column in banded}
    policy = draw(st.sampled_from(policies))
    most_cells = draw(st.sampled_from([1, 4, 4]))
    scores = st.sampled_from([1, 5, -2, Fraction(1, 2), Fraction(5, 4)])
    labels: st.SearchStrategy[Any] = scores if policy.scores else st.sampled_from(LABELS)
    rules = []
    for _ in range(draw(st.integers(1, most_rules))):
        read = (
            draw(st.lists(st.sampled_from(used), unique=True, max_size=most_cells)) if used else []
        )
        row = {
            column: draw(cells(column, bands[column].names if column in bands else ()))
            for column in read
        }
        rules.append(Rule(cells=row, label=draw(labels)))
    where = {
        column: draw(cells(column, ()))
        for column in draw(st.lists(st.sampled_from(sorted(COLUMNS)), max_size=1))
    }
    classifier = Classifier(
        name="table",
        plugin=None,
        bands={column: _as_fixed(column, bands[column]) for column in banded},
        rules=tuple(rules),
        policy=policy,
        otherwise=draw(st.none() | labels),
        where=where,
        outside=draw(st.none() | labels),
        labels={
            label: LabelInfo(rank=rank)
            for rank, label in enumerate(draw(st.sampled_from([(), LABELS])), 1)
        },
    )
    return Table(classifier, bands)


def _as_fixed(column: str, bands: FoundBands) -> Bands:
    cuts = tuple(Fixed(cut.at if cut else 0) for cut in bands.cuts)
    return Bands(column, cuts, bands.names)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """One customer's values as they stand in a frame."""
    return {
        "days": draw(st.none() | wholes),
        "money": draw(st.none() | st.integers(-300, 600)),
        "ratio": draw(st.none() | st.sampled_from([n / 10 for n in range(-3, 7)] + [1 / 3])),
        "word": draw(st.none() | words | st.just("zzz")),
        "mixed": draw(st.none() | words | wholes.map(str) | st.just("2.0")),
    }


def values_of(record: Mapping[str, Any]) -> dict[str, Value]:
    """The record in canonical form."""
    values = {name: canonical(value) for name, value in record.items()}
    if record["money"] is not None:
        values["money"] = canonical(Fraction(record["money"], 100))
    return values


def native_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as a Python programmer would hand it over."""
    money = record["money"]
    return {**record, "money": None if money is None else money / 100}


# --- the slow reading ---------------------------------------------------------------------


def expected(table: Table, values: Mapping[str, Value]) -> Any:
    """What the format says that the table says, as JSON; word for word, bin for nothing."""
    one = table.classifier
    if not all(_matches(cell, values.get(name), None) for name, cell in one.where.items()):
        lists = one.policy.lists and one.outside is not None
        return [to_json(one.outside)] if lists else to_json(one.outside)
    hit = [
        rule.label
        for rule in one.rules
        if all(
            _matches(cell, values.get(name), table.bands.get(name))
            for name, cell in rule.cells.items()
        )
    ]
    return _policy(one, hit)


def _policy(one: Classifier, hit: list[Any]) -> Any:
    kind, aggregate = one.policy.kind, one.policy.aggregate
    lists = kind in ("rule_order", "output_order") or (kind == "collect" and not aggregate)
    if not hit:
        if one.otherwise is not None:
            return [to_json(one.otherwise)] if lists else to_json(one.otherwise)
        return [] if lists else 0 if aggregate == "count" else None
    if kind in ("priority", "output_order"):
        hit = sorted(hit, key=one.policy.order.index)
    if kind == "unique" and len(hit) > 1:
        return None
    if kind == "any" and len(set(hit)) > 1:
        return None
    if lists:
        return [to_json(label) for label in hit]
    if aggregate == "count":
        return len(hit)
    if aggregate:
        total = {"sum": sum, "min": min, "max": max}[aggregate](map(Fraction, hit))
        return to_json(total)
    return to_json(hit[0])


def _matches(cell: Cell, value: Value, bands: FoundBands | None) -> bool:
    if isinstance(cell, AnyOf):
        return any(_matches(part, value, bands) for part in cell.parts)
    if isinstance(cell, Not):
        return value is not None and not any(_matches(part, value, bands) for part in cell.parts)
    if isinstance(cell, IsNull):
        return value is None
    if isinstance(cell, InBand):
        assert bands is not None
        return _band(value, bands) == cell.name
    if isinstance(cell, Equals):
        return value is not None and value == cell.value
    return value is not None and not isinstance(value, str) and _inside(cell, value)


def _band(value: Value, bands: FoundBands) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return "other"
    above = [
        cut is not None and (value > cut.at if cut.strict else value >= cut.at)
        for cut in bands.cuts
    ]
    return bands.names[sum(above)]


def _inside(cell: Interval, value: Any) -> bool:
    low = cell.low is None or (value > cell.low if cell.low_open else value >= cell.low)
    high = cell.high is None or (value < cell.high if cell.high_open else value <= cell.high)
    return low and high
