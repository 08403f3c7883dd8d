"""The kinds of value that a rules file holds, as marshmallow fields.

Each says what is wrong as a `Fault`, and what it takes as JSON Schema (`json`), so that the
file's check and the editor's completion come from one declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, cast

from marshmallow import ValidationError
from marshmallow.fields import Field

from custrata.engine.model import Label
from custrata.engine.rules.cells import CELL_FORMS
from custrata.engine.rules.faults import Fault, listed, near, quoted, refused
from custrata.engine.values import Number, canonical, spelling

JSON = dict[str, Any]
SCALAR: JSON = {"type": ["string", "number", "boolean"]}
HIDDEN = ("#",)
"""What names of the engine's own columns begin with."""
EXACT = "at most 9 decimals, and without the point less than 2^53 (about 9 * 10^15)"
"""Numbers whose sums are exact in 64 bits, as floats too."""

_MOST_DECIMALS = 9
_EXACT_END = 2**53
_MOST_PERIODS = {"day": 36_500, "month": 1_200, "year": 100}


def most(period: str) -> int:
    """How many periods a window may reach back, a century in each."""
    return _MOST_PERIODS[period]


def exact_sum(numbers: Iterable[Number]) -> bool:
    """Whether numbers add up exactly in their common unit, in any order."""
    exact = [Fraction(one) for one in numbers]
    unit = 1
    for one in exact:
        while unit < 10**_MOST_DECIMALS and (one * unit).denominator > 1:
            unit *= 10
    scaled = [abs(one * unit) for one in exact]
    return all(one.denominator == 1 for one in scaled) and sum(scaled) < _EXACT_END


def hidden_name(name: str) -> Fault | None:
    """The fault of a name that is kept for the engine's own columns."""
    if not name.startswith(HIDDEN):
        return None
    text = f"{quoted(name)} begins with {name[0]!r}, as the engine's own columns do"
    return Fault(text, "reserved-name", allowed="a name without # in front", at_key=True)


def unknown_key(key: str, known: Any) -> Fault:
    """The fault of a key that has no meaning where it stands."""
    words = tuple(known)
    text = f"unknown key {quoted(key)}"
    return Fault(text, "unknown-key", allowed=listed(words), nearest=near(key, words), at_key=True)


class Text(Field[str]):
    """Text that is not empty; `pattern` and `shape` say which."""

    def __init__(self, pattern: str | None = None, shape: str = "text", **kwargs: Any):
        super().__init__(**kwargs)
        self.pattern, self.shape = pattern, shape

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise refused(
                f"must be text, got {quoted(value)}",
                "wrong-type",
                allowed=f"{self.shape}, in quotes where YAML reads it otherwise",
            )
        if not value or (self.pattern and not re.fullmatch(self.pattern, value)):
            raise refused(f"got {quoted(value)}", "wrong-value", allowed=self.shape)
        return value

    def json(self) -> JSON:
        """As JSON Schema."""
        return {
            "type": "string",
            **({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {"minLength": 1}),
        }


class Choice(Field[Any]):
    """One of a few words."""

    def __init__(self, *words: Any, **kwargs: Any):
        super().__init__(**kwargs)
        self.words = words

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """What is missing is told with the words that it may be."""
        if key == "required":
            return refused("is missing", "missing-key", allowed=listed(self.words))
        return super().make_error(key, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or value not in self.words:
            raise refused(
                f"got {quoted(value)}",
                "wrong-choice",
                allowed=listed(self.words),
                nearest=near(value, self.words),
            )
        return value

    def json(self) -> JSON:
        """As JSON Schema."""
        return {"enum": list(self.words)}


class Flag(Field[bool]):
    """`true` or `false`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise refused(f"got {quoted(value)}", "wrong-type", allowed="true, false")
        return value

    def json(self) -> JSON:
        """As JSON Schema."""
        return {"type": "boolean"}


class Whole(Field[int]):
    """A whole number, not under `least`."""

    def __init__(self, least: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.least = least

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        return whole(value, self.least)

    def json(self) -> JSON:
        """As JSON Schema."""
        return {"type": "integer", "minimum": self.least}


def whole(value: Any, least: int = 0, other: str = "", largest: int | None = None) -> int:
    """A whole number from `least` to `largest`; `other` names what is allowed besides."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or value < least
        or (largest is not None and value > largest)
    ):
        end = "" if largest is None else f" to {largest}"
        allowed = f"a whole number from {least}{end}{other}"
        raise refused(f"got {quoted(value)}", "wrong-number", allowed=allowed)
    return value


class Days(Field[int | None]):
    """A number of days from 1, or `all` (None)."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int | None:
        return None if value == "all" else whole(value, 1, ", or all", most("day"))

    def json(self) -> JSON:
        """As JSON Schema."""
        days = {"type": "integer", "minimum": 1, "maximum": most("day")}
        return {"anyOf": [days, {"const": "all"}]}


class WindowEnds(Field[tuple[int | None, int]]):
    """`n`, `all`, or `[older, newer]`: days, or whole periods, back from the as-of date."""

    def _deserialize(
        self, value: Any, attr: Any, data: Any, **kwargs: Any
    ) -> tuple[int | None, int]:
        ends = value if isinstance(value, list) else [value, 0]
        if len(ends) != 2:
            raise refused(
                f"a window has two ends, got {len(ends)}",
                "wrong-window",
                allowed="[older, newer], n, all",
            )
        older = None if ends[0] == "all" else whole(ends[0], 0, ", or all", most("day"))
        newer = whole(ends[1], 0, largest=most("day"))
        if older is not None and older <= newer:
            raise refused(
                f"the window [{older}, {newer}] holds nothing",
                "wrong-window",
                allowed="an older end above the newer one",
            )
        return older, newer

    def json(self) -> JSON:
        """As JSON Schema."""
        days = {"type": "integer", "maximum": most("day")}
        older: JSON = {"anyOf": [{**days, "minimum": 1}, {"const": "all"}]}
        ends = [older, {**days, "minimum": 0}]
        pair = {"type": "array", "prefixItems": ends, "minItems": 2, "maxItems": 2}
        return {"anyOf": [*older["anyOf"], pair]}


class Pair(Field[tuple[str, str]]):
    """The names of two measures."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> tuple[str, str]:
        if (
            not isinstance(value, list)
            or len(value) != 2
            or not all(isinstance(name, str) and name for name in value)
        ):
            raise refused("takes two measures", "wrong-type", allowed="[a, b], two names")
        return value[0], value[1]

    def json(self) -> JSON:
        """As JSON Schema."""
        return {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}


class BandName(Field[str]):
    """A band's name; a number is taken by its spelling."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if isinstance(value, dict | list) or value == "":
            raise refused(f"a band's name cannot be {quoted(value)}", "wrong-type", allowed="text")
        return spelling(_in_range(value))

    def json(self) -> JSON:
        """As JSON Schema."""
        return {"type": ["string", "number", "boolean"]}


class LabelId(Field[Any]):
    """A label: text, a number, true or false."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Label:
        return label(value)

    def json(self) -> JSON:
        """As JSON Schema."""
        return SCALAR


def label(value: Any) -> Label:
    """A label as written.

    Raises:
        ValidationError: it is no scalar, or empty, or a number that floats do not hold exactly.
    """
    if value is None or value == "" or isinstance(value, dict | list):
        raise refused(
            f"a label cannot be {quoted(value) if value != '' else 'empty'}",
            "wrong-label",
            allowed="text, a number, true, false",
        )
    exact = canonical(_in_range(value))
    if isinstance(exact, int | Fraction) and not exact_sum((exact,)):
        raise refused(
            f"the label {quoted(value)} is out of range", "label-out-of-range", allowed=EXACT
        )
    return cast(Label, value)


def _in_range(value: Any) -> Any:
    """A scalar that is no number beyond any float, be it spelt as text."""
    try:
        canonical(value)
    except (ValueError, ArithmeticError):
        raise refused(
            f"the number {quoted(value)} is out of range", "number-out-of-range"
        ) from None
    return value


class Anything(Field[Any]):
    """A value that is read later, when more is known."""

    def __init__(self, json: JSON, **kwargs: Any):
        super().__init__(allow_none=True, **kwargs)
        self._json = json

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return value

    def json(self) -> JSON:
        """As JSON Schema."""
        return self._json


CELL: JSON = {
    "description": CELL_FORMS,
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {
            "type": "array",
            "minItems": 1,
            "items": {"type": ["string", "number", "boolean", "null", "array"]},
        },
    ],
}


class ListOf(Field[list[Any]]):
    """A list; every item's faults are found at once."""

    def __init__(self, inner: Field[Any], **kwargs: Any):
        super().__init__(**kwargs)
        self.inner = inner

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise refused(f"must be a list, got {quoted(value)}", "wrong-type", allowed="a list")
        return list(_each(enumerate(value), self.inner).values())

    def json(self) -> JSON:
        """As JSON Schema, but for the items."""
        return {"type": "array"}


class MapOf(Field[dict[str, Any]]):
    """A mapping with keys of its own, all of one kind; `check_key` may refuse one."""

    def __init__(
        self,
        inner: Field[Any],
        check_key: Callable[[str], Fault | None] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.inner, self.check_key = inner, check_key

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise refused(
                f"must be a mapping, got {quoted(value)}", "wrong-type", allowed="a mapping"
            )
        wrong = {key: [fault] for key in value if self.check_key and (fault := self.check_key(key))}
        right = ((key, inner) for key, inner in value.items() if key not in wrong)
        return cast(dict[str, Any], _each(right, self.inner, wrong))

    def json(self) -> JSON:
        """As JSON Schema, but for the values."""
        return {"type": "object"}


def _each(items: Any, field: Field[Any], faults: dict[Any, Any] | None = None) -> dict[Any, Any]:
    """Every item read; what could be read is kept as the error's `valid_data`."""
    faults, good = dict(faults or {}), {}
    for key, value in items:
        try:
            good[key] = field.deserialize(value)
        except ValidationError as error:
            faults[key] = error.messages
            if error.valid_data:
                good[key] = error.valid_data
    if faults:
        keep: Any = list(good.values()) if all(isinstance(key, int) for key in good) else good
        raise ValidationError(faults, valid_data=keep)
    return good


def number(value: Any) -> Number | None:
    """The number that a label is, or None; booleans and text are none."""
    return value if isinstance(value, int | Fraction) and not isinstance(value, bool) else None
