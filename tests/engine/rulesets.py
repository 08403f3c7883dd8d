"""Random rulesets as text, and random frames of measures, as users might write them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import strategies as st

from custrata.engine.values import Value, canonical
from tests.engine.slow_reading import (
    Reading,
    WrittenCell,
    WrittenClassifier,
    is_list,
    is_number,
    read_classifier,
)

NFD = unicodedata.normalize("NFD", "Huế")
HUNDREDTHS = [Fraction(n, 100) for n in (-250, -1, 0, 1, 50, 100, 225, 300, 1250)]
WORDS = ["x", "Huế", 'a, "b"', "it's (x)", "01", "true", "false"]

# --- frames -------------------------------------------------------------------------------

wholes = st.integers(-2, 6)
_cents = st.sampled_from(HUNDREDTHS)
_floats = st.sampled_from([-0.5, 0.0, 0.1, 0.3, 1.0, 2.5, 1 / 3, float("nan")])
_spelt = st.sampled_from(["3", "3.0", "30e-1", "-2", "0", "0.5", "5", "1E1", ""])
_mixed = st.sampled_from(["3", "3.0", "01", "x", " x ", NFD, "Huế", "0", "-1", "2.5", "", "true"])
_words = st.sampled_from(["x", " x", NFD, "Huế", 'a, "b"', "it's (x)", "zzz", "TRUE", "01", "\t"])
_days = st.dates(date(2020, 1, 1), date(2020, 1, 3))

MONEY: Mapping[str, tuple[Any, Any]] = {
    "float": (pl.Float64, float),
    "decimal": (pl.Decimal(12, 2), lambda n: Decimal(n.numerator) / n.denominator),
    "text": (pl.String, lambda n: str(float(n))),
}
COLUMNS: Mapping[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "days": (pl.Int64, wholes),
    "ratio": (pl.Float64, _floats),
    "spelt": (pl.String, _spelt),
    "mixed": (pl.String, _mixed),
    "flag": (pl.Boolean, st.booleans()),
    "odd 'word'": (pl.String, _words),
    "born": (pl.Date, _days),
}
DERIVED: Mapping[str, Any] = {
    "per": {"ratio": ["days", "monetary"]},
    "rest": {"difference": ["monetary", "days"]},
}
NUMBERED = ("days", "monetary", "ratio", "spelt", "mixed", "per", "rest", "absent", "flag")
WITH_TEXTS = ("mixed", "flag")
NAMES = (*COLUMNS, "monetary", *DERIVED, "absent")


@dataclass(frozen=True)
class People:
    """Customers as they stand in a frame."""

    rows: list[dict[str, Any]]
    schema: dict[str, Any]

    @property
    def frame(self) -> pl.DataFrame:
        return pl.DataFrame(self.rows, schema=self.schema, orient="row")

    @property
    def ids(self) -> list[str]:
        return [str(row["customer_id"]) for row in self.rows]

    def values(self) -> list[dict[str, Value]]:
        """Canonical values, derived measures too."""
        return [_derived({name: canonical(row[name]) for name in row}) for row in self.rows]


def _derived(values: dict[str, Value]) -> dict[str, Value]:
    days: Any = values["days"]
    money: Any = values["monetary"]
    both = days is not None and money is not None
    values["per"] = canonical(float(Fraction(days) / money)) if both and money else None
    values["rest"] = money - days if both else None
    return values


@st.composite
def people(draw: st.DrawFn, most: int = 14) -> People:
    """Up to `most` customers; ids are numbers or text, and sometimes all are equal."""
    count = draw(st.sampled_from([0, 1, 2, most, most, most]))
    dtype, money = MONEY[draw(st.sampled_from(sorted(MONEY)))]
    sparse = {name: st.none() | values for name, (_, values) in COLUMNS.items()}
    sparse["monetary"] = st.none() | _cents.map(money)
    row = st.fixed_dictionaries(sparse)
    size = 1 if draw(st.integers(0, 9)) == 0 else count
    drawn = draw(st.lists(row, min_size=size, max_size=size)) or [{}]
    whole = draw(st.booleans())
    places = draw(st.permutations(range(count)))
    ids = [n + 5 if whole else f"{draw(st.sampled_from('cC'))}{n + 5}" for n in places]
    schema = {"customer_id": pl.Int64 if whole else pl.String, "monetary": dtype}
    schema |= {name: kind for name, (kind, _) in COLUMNS.items()}
    rows = [{"customer_id": one, **drawn[n % size]} for n, one in enumerate(ids)]
    return People(rows, schema)


# --- cells --------------------------------------------------------------------------------

_numbers: Mapping[str, st.SearchStrategy[Any]] = {
    "days": wholes,
    "monetary": _cents,
    "per": st.sampled_from([Fraction(n, 2) for n in range(-3, 7)]),
    "rest": _cents,
}
_tenths = st.sampled_from([Fraction(n, 10) for n in (-20, -5, 0, 1, 3, 5, 10, 25, 30, 50, 100)])


def decimal(number: Any) -> str:
    """A number with few decimals, as text."""
    return str(int(number)) if number == int(number) else str(float(number))


@st.composite
def cells(
    draw: st.DrawFn,
    column: str,
    bands: Mapping[str, Any] | None = None,
    words: Sequence[Any] = WORDS,
) -> WrittenCell:
    """A cell for a column, over its bands; every form and spelling.

    Ranks stand alone: a list would mix bands of ranks with values.
    """
    names = bands["names"] if bands else ()
    ranked = bands is not None and bands["ties"] == "rank"
    form = "atom" if ranked else draw(st.sampled_from(["atom", "atom", "atom", "list", "not"]))
    if form == "atom":
        return draw(_atoms(column, names, words))
    parts = draw(st.lists(_atoms(column, names, words), min_size=1, max_size=3))
    if form == "list":
        written = [part.written for part in parts]
        return WrittenCell(written, lambda v, band: any(part.holds(v, band) for part in parts))
    inner = ", ".join(_within(part.written) for part in parts)
    return WrittenCell(
        f"not({inner})",
        lambda v, band: v is not None and not any(part.holds(v, band) for part in parts),
    )


def _within(written: Any) -> str:
    """A part between the parentheses of `not(...)`."""
    if written is None:
        return "null"
    text = str(written)
    if isinstance(written, bool):
        return text.lower()
    plain = text.startswith(("<", ">", "=", "[", "(")) or not set(text) & set(",()\"' ")
    return text if plain else '"' + text.replace('"', '""') + '"'


@st.composite
def _atoms(draw: st.DrawFn, column: str, names: Sequence[str], words: Sequence[Any]) -> WrittenCell:
    kinds = ["number", "order", "range", "null", "word"] + ["band"] * (6 if names else 0)
    kind = draw(st.sampled_from(kinds))
    if kind == "null":
        return WrittenCell(None, lambda v, _: v is None)
    if kind == "band":
        name = draw(st.sampled_from([*names, "unknown"]))
        return WrittenCell(name, lambda _, band: band == name)
    if kind == "word":
        return draw(_texts(words, bool(names)))
    numbers = _numbers.get(column, _tenths)
    if kind == "range":
        return draw(_ranges(numbers))
    number = draw(numbers)
    text = decimal(number)
    if kind == "order":
        sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
        blank = draw(st.sampled_from(["", " "]))
        return WrittenCell(
            f"{sign}{blank}{text}", lambda v, _: is_number(v) and _ordered(v, sign, number)
        )
    forms: list[Any] = [f"= {text}"]
    if text not in names:
        more = "" if "." in text else ".0"
        forms += [text, f"{text}{more}", int(number) if more else float(number)]
    return WrittenCell(draw(st.sampled_from(forms)), lambda v, _: v is not None and v == number)


def _ordered(value: Any, sign: str, number: Any) -> bool:
    found = {
        "<": value < number,
        "<=": value <= number,
        ">": value > number,
        ">=": value >= number,
    }
    return found[sign]


@st.composite
def _ranges(draw: st.DrawFn, numbers: st.SearchStrategy[Any]) -> WrittenCell:
    low, high = sorted(draw(st.lists(numbers, min_size=2, max_size=2, unique=True)))
    left, right = draw(st.sampled_from("[(")), draw(st.sampled_from("])"))

    def holds(value: Any, _: str | None) -> bool:
        return (
            is_number(value)
            and (value >= low if left == "[" else value > low)
            and (value <= high if right == "]" else value < high)
        )

    return WrittenCell(f"{left}{decimal(low)}..{decimal(high)}{right}", holds)


@st.composite
def _texts(draw: st.DrawFn, words: Sequence[Any], banded: bool) -> WrittenCell:
    word = draw(st.sampled_from(words))
    value = canonical(word)
    text = isinstance(word, str) and isinstance(value, str)
    quoted = '= "' + str(word).replace('"', '""') + '"' if text else word
    spelt = [quoted] if banded and text else [word, quoted]
    return WrittenCell(draw(st.sampled_from(spelt)), lambda v, _: v is not None and v == value)


# --- bands --------------------------------------------------------------------------------

_shares = st.sampled_from([0, 0.01, 0.2, 0.25, 0.5, 0.8, 0.95, 1])
METHODS = ("linear", "lower", "higher", "nearest", "midpoint", "step")
BAND_NAMES = ("low", "mid", "high", "3", "rất tốt, 'x'")


@st.composite
def _found_cuts(draw: st.DrawFn, within: bool) -> Any:
    """A cut point that the customers decide; `within` keeps it between the least and most."""
    kinds = ["mean", "median", "quantile"]
    kinds += [] if within else ["deviation", "fraction", "fraction", "top_share", "of_total"]
    kind = draw(st.sampled_from(kinds))
    if kind in ("mean", "median"):
        return kind
    share = draw(_shares)
    if kind == "quantile":
        return {"quantile": share, "method": draw(st.sampled_from(METHODS))}
    if kind == "deviation":
        times = draw(st.sampled_from([-2, -1, -0.5, 0, 0.5, 1, 2]))
        return {"deviation": times, "sample": draw(st.booleans())}
    if kind == "fraction":
        return {draw(st.sampled_from(["top_fraction", "bottom_fraction"])): share}
    if kind == "of_total":
        return {"of_total": share}
    return {"top_share": share, "border": draw(st.sampled_from(["reaches", "within"]))}


@st.composite
def _bands(draw: st.DrawFn, column: str) -> dict[str, Any]:
    count = draw(st.integers(1, 3))
    duplicates = draw(st.sampled_from(["keep", "keep", "drop_last", "drop_first"]))
    fixed = [False] * count
    if duplicates == "keep":
        fixed = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    many = sum(fixed)
    numbers = _numbers.get(column, _tenths)
    known = iter(sorted(draw(st.lists(numbers, min_size=many, max_size=many, unique=True))))
    found = _found_cuts(within=duplicates != "keep")
    ranked = column not in WITH_TEXTS and draw(st.integers(0, 3)) == 0
    return {
        "cuts": [json.loads(decimal(next(known))) if one else draw(found) for one in fixed],
        "names": list(draw(st.permutations(BAND_NAMES)))[: count + 1],
        "closed": draw(st.sampled_from(["left", "right"])),
        "ties": "rank" if ranked else "value",
        "duplicates": duplicates,
    }


# --- rulesets -----------------------------------------------------------------------------

TEXTS = ("red", "Đỏ \"1\"; 'x'", "01")
NUMBERS = (1, 2.5, -3, 0.1)
POLICIES = ("first", "first", "unique", "any", "priority", "rule_order", "output_order", "collect")


@dataclass(frozen=True)
class Rules:
    """A ruleset as text, and what stands in it."""

    text: str
    classifiers: Sequence[WrittenClassifier]

    def read(
        self, given: People, values: list[dict[str, Value]] | None = None
    ) -> dict[str, Reading]:
        """What the page says of these people; `values`, if given, takes the results too."""
        values = given.values() if values is None else values
        found: dict[str, Reading] = {}
        for one in self.classifiers:
            found[one.name] = read_classifier(one, given.ids, list(values))
            if not is_list(one.policy):
                for own, label in zip(values, found[one.name].labels, strict=True):
                    own[f"label.{one.name}"] = own[f"score.{one.name}"] = canonical(label)
        return found


@st.composite
def _classifiers(
    draw: st.DrawFn, name: str, before: Sequence[WrittenClassifier]
) -> WrittenClassifier:
    policy: Any = draw(st.sampled_from([*POLICIES, "sum", "min", "max", "count"]))
    labels = draw(st.sampled_from([TEXTS, TEXTS, NUMBERS, (*TEXTS[:1], True, 1)]))
    if policy in ("sum", "min", "max", "count"):
        policy, labels = {"collect": policy}, NUMBERS
    elif policy in ("priority", "output_order"):
        policy = {policy: list(draw(st.permutations(labels)))}
    results = _results(before)
    used = draw(st.lists(st.sampled_from([*NAMES, *results]), unique=True, min_size=1, max_size=4))
    banded = [one for one in used if one in NUMBERED and draw(st.integers(0, 3))]
    bands = {one: draw(_bands(one)) for one in banded}
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        read = draw(st.lists(st.sampled_from(used), unique=True, max_size=3))
        row = {one: draw(cells(one, bands.get(one), results.get(one, WORDS))) for one in read}
        rows.append((row, draw(st.sampled_from(labels))))
    asked = draw(st.lists(st.sampled_from([*NAMES, *results]), max_size=1))
    given = [label for _, label in rows]
    return WrittenClassifier(
        name=name,
        bands=bands,
        rows=rows,
        policy=policy,
        otherwise=draw(st.none() | st.sampled_from(labels)),
        where={one: draw(cells(one, None, results.get(one, WORDS))) for one in asked},
        outside=draw(st.none() | st.sampled_from(labels)),
        ranks=list(dict.fromkeys(map(str, given)))
        if labels is TEXTS and draw(st.booleans())
        else (),
    )


def _results(before: Sequence[WrittenClassifier]) -> dict[str, Sequence[Any]]:
    """The results that a cell may read, and the labels there."""
    found: dict[str, Sequence[Any]] = {}
    for one in before:
        if not is_list(one.policy):
            labels = [label for _, label in one.rows]
            found[f"label.{one.name}"] = labels
            further = [one.otherwise, one.outside]
            given = [label for label in (*labels, *further) if label is not None]
            if all(is_number(canonical(label)) for label in given):
                found[f"score.{one.name}"] = labels
    return found


@st.composite
def rulesets(draw: st.DrawFn) -> Rules:
    """One to four classifiers, each perhaps reading those before it; in any order in the file."""
    found: list[WrittenClassifier] = []
    for name in ("one", "hai ba", "số'4", "n")[: draw(st.integers(1, 4))]:
        found.append(draw(_classifiers(name, found)))
    shuffled = draw(st.permutations(found))
    written = {"ruleset": 1, "measures": DERIVED, "classifiers": dict(map(_written, shuffled))}
    return Rules(json.dumps(written, ensure_ascii=False, indent=1), found)


def _written(one: WrittenClassifier) -> tuple[str, Any]:
    rules = [
        {**{name: cell.written for name, cell in cells.items()}, "label": label}
        for cells, label in one.rows
    ]
    table = {"hit_policy": one.policy, "rules": rules, "otherwise": one.otherwise}
    return one.name, {
        "bands": one.bands,
        "where": {name: cell.written for name, cell in one.where.items()},
        "outside": one.outside,
        "table": table,
        "labels": {label: {"rank": rank} for rank, label in enumerate(one.ranks, 1)},
    }
