"""Changes of rules in words: numbers with their units, ids by their names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from custrata import Engine
from custrata.engine.model import (
    AnyOf,
    Bands,
    BottomFraction,
    Cell,
    CutPoint,
    Deviation,
    Effect,
    Equals,
    Fixed,
    HitPolicy,
    InBand,
    Interval,
    IsNull,
    Label,
    MeasureUse,
    Not,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
    Window,
)
from custrata.engine.rules.cells import spell_number
from custrata.engine.values import Number, canonical, spelling
from custrata.service.names import Names
from custrata.service.rules.changes import Change
from custrata.service.wording import marked

_PLAIN = re.compile(r"\w[\w.-]*")
_KEPT = frozenset({"anything", "missing", "none", "not", "or", "from", "under", "over", "up", "to"})
"""Words that mean something here; as values they stand in quotes."""
_NO_UNIT = frozenset({"", "ratio", "1 to 5", "category", "true or false", "currency", "day"})
_SHARE = "0 to 1"
_UNITS = {
    "days": (marked("{number} day"), marked("{number} days")),
    "sales": (marked("{number} sale"), marked("{number} sales")),
    "customers": (marked("{number} customer"), marked("{number} customers")),
    "complaints": (marked("{number} complaint"), marked("{number} complaints")),
}


def spelt(number: Decimal) -> str:
    """A number as English writes it."""
    return f"{number:,}"


def told(
    changes: Iterable[Change],
    before: Engine,
    after: Engine,
    language: str | None = None,
    translate: Callable[[str], str] = str,
    number: Callable[[Decimal], str] = spelt,
) -> tuple[str, ...]:
    """Each change in words.

    Args:
        before, after: the two rulesets.
        language: in which ids are named (`en`, `vi` ...); None leaves them as they are.
        translate: gives a text, its placeholders kept, in the reader's language.
        number: writes a number, exactly, as the reader does.
    """
    sides = _Names(before, language), _Names(after, language)
    return tuple(_Teller(change, *sides, translate, number).told() for change in changes)


class _Names:
    """What ids are called by one of the rulesets."""

    def __init__(self, engine: Engine, language: str | None):
        self.engine = engine
        self.classifiers = {one.name: one for one in engine.ruleset.classifiers}
        self._names = Names(engine, language or "en")
        self._named = language is not None

    def classifier(self, name: str) -> str:
        return self._names.classifier(name) if self._knows(name) else name

    def measure(self, name: str) -> str:
        return self._names.measure(name) if self._named else name

    def unit(self, name: str) -> str:
        return self._names.unit(name)

    def band(self, classifier: str, measure: str, name: str) -> str:
        known = self._knows(classifier)
        return self._names.band(classifier, measure, name) if known else name

    def label(self, classifier: str, name: str) -> str:
        return self._names.label(classifier, name) if self._knows(classifier) else name

    def _knows(self, classifier: str) -> bool:
        return self._named and classifier in self.classifiers


@dataclass(frozen=True)
class _Teller:
    """Tells one change; `_<noun>` writes the value of a placeholder that ends in that noun."""

    change: Change
    before: _Names
    after: _Names
    translate: Callable[[str], str]
    number: Callable[[Decimal], str]

    def told(self) -> str:
        told = {name: self._told(name, value) for name, value in self.change.values.items()}
        known = self.change.classifier in self.after.classifiers
        names = self.after if known else self.before
        named = names.classifier(self.change.classifier or "")
        return self._say(self.change.template, classifier=named, **told)

    def _told(self, name: str, value: Any) -> str:
        old, _, noun = name.rpartition("_")
        names = self.before if old == "old" or self.change.kind.endswith("removed") else self.after
        write: Callable[[Any, _Names], str] = getattr(self, f"_{noun}")
        if noun == "cut" and old == "old" and isinstance(self.change.values["new_cut"], Fixed):
            return self._cut(value, names, with_unit=False)
        return write(value, names)

    def _say(self, text: str, **values: str) -> str:
        return self.translate(text).format(**values)

    # --- ids and plain values ---

    def _measure(self, name: str, names: _Names) -> str:
        return names.measure(name)

    _column = _measure

    def _band(self, name: str, names: _Names) -> str:
        return names.band(self._in, self._of, name)

    def _label(self, label: Label | None, names: _Names) -> str:
        if label is None:
            return self._say("none")
        if isinstance(label, str):
            read = canonical(label)
            plain = isinstance(read, str) and read not in ("true", "false", "none")
            return names.label(self._in, label) if plain else _quoted(label)
        return self._amount(label) if not isinstance(label, bool) else spelling(label)

    def _text(self, text: str | None, _names: _Names) -> str:
        return self._say("none") if text is None else text

    def _parameter(self, name: str, _names: _Names) -> str:
        return name

    _language = _parameter

    def _row(self, number: int | None, _names: _Names) -> str:
        return self._say("none") if number is None else str(number)

    _number = _row

    def _days(self, days: int | None, _names: _Names) -> str:
        return self._say("no limit") if days is None else self._with_unit(days, "days")

    def _value(self, value: Any, _names: _Names) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)

    # --- measures of a ruleset ---

    def _form(self, use: MeasureUse, names: _Names) -> str:
        if use.measure is None:
            return self._made_of(use, names)
        given = [f"{key} {self._value(value, names)}" for key, value in use.parameters.items()]
        window = [] if use.window is None else [self._window(use.window, names)]
        return ", ".join((names.measure(use.measure), *window, *given))

    def _made_of(self, use: MeasureUse, names: _Names) -> str:
        if use.days_since:
            return self._say("days since {date}", date=use.days_since)
        first, second = use.ratio or use.difference or ("", "")
        sign = "÷" if use.ratio else "−"
        return f"{names.measure(first)} {sign} {names.measure(second)}"

    def _window(self, window: Window | None, _names: _Names) -> str:
        if window is None:
            return self._say("window of the rules")
        older = self._say("the beginning") if window.older is None else str(window.older)
        texts = {
            None: marked("window from {older} to {newer} days back"),
            "month": marked("window from {older} to {newer} months back"),
            "year": marked("window from {older} to {newer} years back"),
        }
        return self._say(texts[window.calendar], older=older, newer=str(window.newer))

    # --- bands ---

    def _bands(self, bands: Bands, names: _Names) -> str:
        """`high up to 60 days, low`; `low, high from 4 sales`."""
        named = [names.band(self._in, bands.measure, one) for one in bands.names]
        cuts = [self._cut(cut, names) for cut in bands.cuts]
        if bands.closed == "right":
            ends = [*cuts, None]
            text = marked("{band} up to {cut}")
        else:
            ends = [None, *cuts]
            text = marked("{band} from {cut}")
        pairs = zip(named, ends, strict=True)
        return ", ".join(
            band if cut is None else self._say(text, band=band, cut=cut) for band, cut in pairs
        )

    def _cut(self, cut: CutPoint, names: _Names, *, with_unit: bool = True) -> str:
        if not isinstance(cut, Fixed):
            return self._found(cut)
        unit = names.unit(self._of)
        plain = unit if with_unit or unit == _SHARE else ""
        return self._with_unit(cut.value, plain, names if with_unit else None)

    def _found(self, cut: CutPoint) -> str:
        """A cut point that the customers decide."""
        match cut:
            case Quantile(share, method):
                half = share == Fraction(1, 2) and method == "linear"
                text = marked("the median") if half else marked("quantile {number}")
                told = self._say(text, number=self._amount(share))
                return told if method == "linear" else f"{told} ({method})"
            case Deviation(times, sample):
                text = marked("{number} standard deviations from the mean")
                if not sample:
                    text = marked("{number} standard deviations of the population from the mean")
                return self._say(text, number=self._amount(times))
            case TopFraction(part):
                return self._say("the top {part} of customers", part=self._percent(part))
            case BottomFraction(part):
                return self._say("the bottom {part} of customers", part=self._percent(part))
            case TopShare(part, border):
                text = marked("the largest who bring {part}")
                if border == "within":
                    text = marked("the largest who bring at most {part}")
                return self._say(text, part=self._percent(part))
            case OfTotal(part):
                return self._say("{part} of the total", part=self._percent(part))
        return self._say("the mean")

    # --- tables ---

    def _cells(self, cells: Mapping[str, Cell], names: _Names) -> str:
        told = [
            f"{names.measure(column)} {self._cell(cell, names, column)}"
            for column, cell in cells.items()
        ]
        return ", ".join(told) or self._say("anybody")

    def _cell(self, cell: Cell | None, names: _Names, column: str | None = None) -> str:
        of = column or self.change.values["column"]
        match cell:
            case None:
                return self._say("anything")
            case IsNull():
                return self._say("missing")
            case InBand(name):
                named = names.band(self._in, of, name)
                return named if named != name else _plain(name)
            case Equals(value):
                return self._equal(value, names, of)
            case Interval():
                return self._interval(cell, names, of)
            case AnyOf(parts):
                return self._say(" or ").join(self._cell(part, names, of) for part in parts)
            case Not(parts):
                inner = self._say(" or ").join(self._cell(part, names, of) for part in parts)
                return self._say("not {cells}", cells=inner)

    def _equal(self, value: Number | str, names: _Names, column: str) -> str:
        if not isinstance(value, str):
            return self._with_unit(value, names.unit(column), names)
        classifier = names.classifiers.get(self._in)
        banded = classifier is not None and column in classifier.bands
        return f"= {_quoted(value)}" if banded else _plain(value)

    def _interval(self, cell: Interval, names: _Names, column: str) -> str:
        low, high = (
            None if end is None else self._with_unit(end, names.unit(column), names)
            for end in (cell.low, cell.high)
        )
        told = []
        if low is not None:
            told.append(
                self._say(marked("over {end}") if cell.low_open else marked("from {end}"), end=low)
            )
        if high is not None:
            told.append(
                self._say(
                    marked("under {end}") if cell.high_open else marked("up to {end}"), end=high
                )
            )
        return " ".join(told)

    def _policy(self, policy: HitPolicy, names: _Names) -> str:
        order = ", ".join(self._label(one, names) for one in policy.order)
        more = order or policy.aggregate
        return f"{policy.kind}: {more}" if more else policy.kind

    def _effects(self, effects: tuple[Effect, ...], names: _Names) -> str:
        told = [
            one.name if one.argument is None else f"{one.name} {self._value(one.argument, names)}"
            for one in effects
        ]
        return ", ".join(told) or self._say("nothing")

    # --- numbers ---

    def _with_unit(self, number: Number, unit: str, names: _Names | None = None) -> str:
        if unit == _SHARE:
            return self._percent(number)
        if unit == "currency" and names is not None and names.engine.ruleset.currency:
            unit = names.engine.ruleset.currency
        text = self._amount(number)
        if unit in _UNITS:
            return self._say(_UNITS[unit][number != 1], number=text)
        return text if unit in _NO_UNIT else f"{text} {unit}"

    def _amount(self, number: Number) -> str:
        return self.number(Decimal(spell_number(number)))

    def _percent(self, share: Number) -> str:
        return f"{self._amount(share * 100)} %"

    @property
    def _in(self) -> str:
        return self.change.classifier or ""

    @property
    def _of(self) -> str:
        measure: str = self.change.values["measure"]
        return measure


def _plain(text: str) -> str:
    """A text that cannot be taken for a word of ours, or for a number."""
    plain = _PLAIN.fullmatch(text) and text not in _KEPT and isinstance(canonical(text), str)
    return text if plain else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
