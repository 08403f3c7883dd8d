"""What stands in one cell of a table: a band, a value, a comparison, a range, a list, null.

`parse_cell` reads it, `spell_cell` writes it back. In the column of a measure that the
classifier bands, text is a band's name first; everywhere else it is a plain value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError

from custrata.engine.model import (
    OTHER,
    UNKNOWN,
    AnyOf,
    Cell,
    Equals,
    InBand,
    Interval,
    IsNull,
    Not,
)
from custrata.engine.rules.document import clean, exact, identity
from custrata.engine.rules.faults import Fault, listed, near, quoted, refused
from custrata.engine.values import NUMBER_PATTERN, Number

RESERVED_BANDS = (UNKNOWN, OTHER)

CELL_FORMS = 'a band, a value, "<= 7", "[5..10)", "not(...)", null, or a list of these'
_MAX_NESTING = 8

_NUMBER = re.compile(NUMBER_PATTERN)
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ].*)?", re.DOTALL)
_ORDER = re.compile(r"(<=|>=|<|>)\s*(.*)", re.DOTALL)
_EQUAL = re.compile(r"=\s*(.*)", re.DOTALL)
_FOREIGN = re.compile(r"(==|!=|<>|≤|≥|≠).*", re.DOTALL)
_NEGATION = re.compile(r"not\s*\((.*)\)", re.DOTALL)
_COMMA_RANGE = re.compile(rf"[\[(]\s*({NUMBER_PATTERN})\s*[,;]\s*({NUMBER_PATTERN})\s*[\])]")
_QUOTED = re.compile(r"\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'", re.DOTALL)
_ATOM = re.compile(
    r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'"
    r"|[\[(][^\[\](),\"']{0,60}\.\.[^\[\](),\"']{0,60}[\])]",
    re.DOTALL,
)
_BEFORE_PART = ("", "(", ",", "=")
_SYMBOLS = {"==": "=", "≤": "<=", "≥": ">="}


class BandNames(tuple[str, ...]):
    """The names of a measure's bands, ready to be looked up."""

    def __init__(self, names: Collection[str]):
        super().__init__()
        self.known = frozenset((*names, *RESERVED_BANDS))
        spelt = {identity(name): name for name in names if _NUMBER.fullmatch(name)}
        self.numbers = {number: name for number, name in spelt.items() if number is not None}


def parse_cell(value: Any, bands: Collection[str] | None = None) -> Cell:
    """A cell as written, in a column whose bands are given (None: it has none).

    Raises:
        ValidationError: its messages are `Fault`s, under the index of the item in a list.
    """
    known = bands if bands is None or isinstance(bands, BandNames) else BandNames(bands)
    return _parse(value, known)


def _parse(value: Any, bands: BandNames | None) -> Cell:
    if isinstance(value, list):
        return _parse_list(value, bands)
    if value is None:
        return IsNull()
    if isinstance(value, bool):
        return Equals("true" if value else "false")
    if isinstance(value, int | Fraction):
        return _number(value, bands)
    if isinstance(value, str):
        return _text(clean(value), bands, 0)
    raise refused(f"a cell cannot be {quoted(value)}", "wrong-cell", allowed=CELL_FORMS)


def _parse_list(values: list[Any], bands: BandNames | None) -> Cell:
    if not values:
        raise refused("an empty list meets nothing", "empty-list", allowed="at least one value")
    parts: list[Cell] = []
    faults: dict[int, Any] = {}
    for index, value in enumerate(values):
        try:
            part = _parse(value, bands)
            parts += part.parts if isinstance(part, AnyOf) else (part,)
        except ValidationError as error:
            faults[index] = error.messages
    if faults:
        raise ValidationError(faults)
    return AnyOf(tuple(parts))


def _number(number: Number, bands: BandNames | None) -> Cell:
    name = bands.numbers.get(number) if bands else None
    if name is None:
        return Equals(number)
    text = f"the number {spell_number(number)} is also the name of a band"
    allowed = f'"{name}" for the band, "= {spell_number(number)}" for the number'
    raise refused(text, "ambiguous-number", allowed=allowed)


def _text(text: str, bands: BandNames | None, nesting: int) -> Cell:
    if _is_band(text, bands):
        return InBand(text)
    if not text:
        return IsNull()
    if text.startswith("not") and (found := _NEGATION.fullmatch(text)):
        return _negation(found[1], bands, nesting)
    if text[0] in "[(]" and text[-1] in "])[" and ".." in text:
        return _range(text)
    for form, read in _FORMS:
        if found := form.fullmatch(text):
            return read(found)
    return _plain_text(text, bands)


def _is_band(text: str, bands: BandNames | None) -> bool:
    return bands is not None and text in bands.known


def _plain_text(text: str, bands: BandNames | None) -> Cell:
    value = _value(text)
    if isinstance(value, int | Fraction):
        return _number(value, bands)
    if bands is None or value in ("true", "false"):
        return Equals(value)
    known = (*bands, UNKNOWN)
    raise refused(
        f"there is no band {quoted(text)}",
        "unknown-band",
        allowed=f'{listed(known)}; a number, a comparison or a range; "= text" for a plain text',
        nearest=near(text, known),
    )


def _value(text: str) -> int | Fraction | str:
    """A value that is no date."""
    if _DATE.fullmatch(text):
        raise _date(text)
    value = _operand(text) if _NUMBER.fullmatch(text) else text
    assert value is not None
    return value


def _date(text: str) -> ValidationError:
    allowed = "days, from a measure such as {days_since: created_at}"
    return refused(
        f"dates cannot stand in cells, got {quoted(text)}", "date-in-cell", allowed=allowed
    )


def _operand(text: str) -> Number:
    """The number in a comparison or a range."""
    if _DATE.fullmatch(text):
        raise _date(text)
    if not _NUMBER.fullmatch(text):
        allowed = "a number such as 30 or -0.5, without separators or units"
        raise refused(
            f"only numbers have an order, got {quoted(text)}", "order-on-text", allowed=allowed
        )
    try:
        return exact(text)
    except (ValueError, ArithmeticError):
        fault = Fault(f"the number {quoted(text)} is out of range", "number-out-of-range")
        raise ValidationError(fault) from None


def _order(found: re.Match[str]) -> Cell:
    sign, number = found[1], _operand(found[2].strip())
    if sign[0] == "<":
        return Interval(high=number, high_open=sign == "<")
    return Interval(low=number, low_open=sign == ">")


def _equal(found: re.Match[str]) -> Cell:
    text = found[1].strip()
    inner = _unquoted(text)
    value = text if inner is None else inner
    if not value:
        allowed = '"= 3"; null for a missing value'
        raise refused("nothing stands after =", "wrong-cell", allowed=allowed)
    return Equals(_value(value))


def _range(text: str) -> Cell:
    opening, closing = text[0], text[-1]
    if opening == "]" or closing == "[":
        allowed = "[ or ( before, ] or ) after; a round one leaves its end out"
        raise refused(f"a range cannot be spelt {quoted(text)}", "wrong-range", allowed=allowed)
    first, _, second = (end.strip() for end in text[1:-1].partition(".."))
    if not first or not second:
        allowed = 'two numbers; "<= 7" or "> 7" for one end'
        raise refused(f"the range {quoted(text)} lacks an end", "wrong-range", allowed=allowed)
    low, high = _operand(first), _operand(second)
    low_open, high_open = opening == "(", closing == ")"
    if low > high or (low == high and (low_open or high_open)):
        allowed = "the smaller end first"
        raise refused(f"the range {quoted(text)} holds nothing", "empty-range", allowed=allowed)
    return Interval(low, low_open, high, high_open)


def _comma_range(found: re.Match[str]) -> Cell:
    text = f"a range is spelt with two dots, got {quoted(found[0])}"
    raise refused(text, "wrong-range", allowed='"[5..10)"')


def _foreign(found: re.Match[str]) -> Cell:
    sign = found[1]
    allowed = '"not(...)"' if sign not in _SYMBOLS else f'"{_SYMBOLS[sign]} ..."'
    raise refused(f"there is no comparison {sign}", "unknown-comparison", allowed=allowed)


def _unclosed(found: re.Match[str]) -> Cell:
    raise refused(
        f"{quoted(found[0])} is not closed", "unclosed", allowed='"not(...)", quotes in pairs'
    )


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Cell]], ...] = (
    (_FOREIGN, _foreign),
    (_ORDER, _order),
    (_EQUAL, _equal),
    (_COMMA_RANGE, _comma_range),
    (re.compile(r"not\(.*", re.DOTALL), _unclosed),
)


def _negation(inner: str, bands: BandNames | None, nesting: int) -> Cell:
    if nesting >= _MAX_NESTING:
        raise refused("not(...) is nested too deeply", "too-deep", allowed=f"{_MAX_NESTING} levels")
    parts = [_part(part.strip(), bands, nesting + 1) for part in _split(inner)]
    return Not(tuple(parts))


def _part(text: str, bands: BandNames | None, nesting: int) -> Cell:
    inner = _unquoted(text)
    if inner is not None:
        return InBand(inner) if _is_band(inner, bands) else _quoted_value(inner, bands)
    if not text:
        raise refused(
            "not(...) has an empty part", "empty-list", allowed="values between the commas"
        )
    return IsNull() if text == "null" else _text(text, bands, nesting)


def _quoted_value(text: str, bands: BandNames | None) -> Cell:
    return _plain_text(text, bands) if text else IsNull()


def _unquoted(text: str) -> str | None:
    """What stands between quotes, a doubled one meaning one; None without quotes."""
    found = _QUOTED.fullmatch(text) if text[:1] in ('"', "'") else None
    if found is None:
        return None
    quote = text[0]
    return clean(text[1:-1].replace(2 * quote, quote))


def _split(inner: str) -> Iterator[str]:
    """The parts between commas; quotes, ranges and inner parentheses hold together."""
    depth, part, last = 0, list[str](), ""
    for token, last in _tokens(inner):
        depth += (token == "(") - (token == ")")
        if depth < 0 or (token in ('"', "'") and last in _BEFORE_PART):
            raise _open_end(inner)
        if token == "," and depth == 0:
            yield "".join(part)
            part = []
        else:
            part.append(token)
    if depth:
        raise _open_end(inner)
    yield "".join(part)


def _tokens(inner: str) -> Iterator[tuple[str, str]]:
    """Characters, each with the last one before it that is no blank.

    Where a part begins, a quoted text or a range is one token.
    """
    position, last = 0, ""
    while position < len(inner):
        found = _ATOM.match(inner, position) if last in _BEFORE_PART else None
        token = found[0] if found else inner[position]
        yield token, last
        position += len(token)
        last = last if token.isspace() else token[-1]


def _open_end(inner: str) -> ValidationError:
    text = f"{quoted(f'not({inner})')} is not closed"
    return refused(text, "unclosed", allowed="quotes and parentheses in pairs")


# --- back to text -------------------------------------------------------------------------


def spell_cell(cell: Cell, bands: Collection[str] | None = None) -> Any:
    """A cell as it would stand in a file; `parse_cell` reads the same cell back."""
    match cell:
        case IsNull():
            return None
        case AnyOf(parts):
            return [spell_cell(part, bands) for part in parts]
        case InBand(name):
            return name
        case Not(parts):
            return f"not({', '.join(_spell_part(part, bands) for part in parts)})"
        case Interval():
            return _spell_interval(cell)
        case Equals(value):
            return _spell_value(value, cell, bands)


def spell_number(number: Number) -> str:
    """The shortest decimal that is exactly this number.

    Raises:
        ValueError: a number without a finite decimal.
    """
    if number == int(number):
        return str(int(number))
    digits = _decimals(number.denominator)
    scaled = abs(number.numerator) * 10**digits // number.denominator
    whole, fraction = divmod(scaled, 10**digits)
    return f"{'-' if number < 0 else ''}{whole}.{fraction:0{digits}d}"


def _decimals(denominator: int) -> int:
    """How many decimals a fraction with that denominator needs."""
    counts = []
    for prime in (2, 5):
        count = 0
        while denominator % prime == 0:
            denominator, count = denominator // prime, count + 1
        counts.append(count)
    if denominator != 1:
        raise ValueError("the number has no finite decimal")
    return max(counts)


def _spell_interval(cell: Interval) -> str:
    if cell.low is None and cell.high is not None:
        return f"{'<' if cell.high_open else '<='} {spell_number(cell.high)}"
    if cell.high is None and cell.low is not None:
        return f"{'>' if cell.low_open else '>='} {spell_number(cell.low)}"
    if cell.low is None or cell.high is None:
        raise ValueError("an interval without ends cannot be spelt")
    ends = f"{spell_number(cell.low)}..{spell_number(cell.high)}"
    return f"{'(' if cell.low_open else '['}{ends}{')' if cell.high_open else ']'}"


def _spell_value(value: int | Fraction | str, cell: Cell, bands: Collection[str] | None) -> Any:
    plain = value if isinstance(value, int | str) else spell_number(value)
    try:
        if parse_cell(plain, bands) == cell:
            return plain
    except ValidationError:
        pass
    return f"= {_quote(plain) if isinstance(plain, str) else plain}"


def _spell_part(part: Cell, bands: Collection[str] | None) -> str:
    if isinstance(part, IsNull):
        return "null"
    if isinstance(part, InBand):
        return _quote(part.name)
    if isinstance(part, Equals):
        number = isinstance(part.value, int | Fraction)
        return f"= {spell_number(part.value) if number else _quote(str(part.value))}"  # type: ignore[arg-type]
    return str(spell_cell(part, bands))


def _quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
