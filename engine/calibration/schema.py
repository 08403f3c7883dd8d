"""The form of a saved calibration, and how faults in it are told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from typing import Any, NoReturn

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema

from custrata.engine.calibration.saved import FORMAT
from custrata.engine.diagnostics import DataError, Diagnostic, Mark
from custrata.engine.model import Cut, FoundBands
from custrata.engine.values import Number, simplest, text_number

_RATIO = re.compile(r"(-?[0-9]+)/(0*[1-9][0-9]*)", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONGEST = 2000  # signs of a number; no float needs more


def read(text: str, file: str) -> dict[str, Any]:
    """The fields of a `Calibration` that a text holds.

    Raises:
        DataError: it is no calibration; every fault with its place and what is allowed.
    """
    content = _parsed(text, file)
    try:
        loaded: dict[str, Any] = _Calibration().load(content)
    except ValidationError as error:
        raise DataError(_diagnostics(error.messages, file)) from error
    return loaded


# --- what a value may be ------------------------------------------------------------------


class _Is(fields.Field[Any]):
    """A value that one function takes; what it refuses is answered with what is allowed."""

    def __init__(self, allowed: str, take: Callable[[Any], Any], **options: Any):
        super().__init__(required=True, error_messages=_messages(allowed), **options)
        self.allowed = allowed
        self.take = take

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        try:
            return self.take(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"is {_shown(value)}; allowed: {self.allowed}") from error


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _need(holds: bool) -> None:
    if not holds:
        raise ValueError


def _version(value: Any) -> int:
    _need(type(value) is int and value == FORMAT)
    return FORMAT


def _text(value: Any) -> str:
    _need(isinstance(value, str) and value != "")
    return str(value)


def _count(value: Any) -> int:
    _need(type(value) is int and value >= 0)
    return int(value)


def _truth(value: Any) -> bool:
    _need(isinstance(value, bool))
    return bool(value)


def _day(value: Any) -> date:
    _need(_DAY.fullmatch(value) is not None)
    return date.fromisoformat(value)


def _number(value: Any) -> Number:
    _need(isinstance(value, str) and len(value) <= _LONGEST)
    ratio = _RATIO.fullmatch(value)
    number = Fraction(int(ratio[1]), int(ratio[2])) if ratio else text_number(value)
    if number is None:
        raise ValueError
    return simplest(number)


def _of_text() -> _Is:
    return _Is("text", _text)


def _messages(allowed: str, wrong: str = "is wrong") -> dict[str, Any]:
    kinds = {"required": "is missing", "null": "is null", "invalid": wrong, "type": wrong}
    return {kind: f"{fault}; allowed: {allowed}" for kind, fault in kinds.items()}


_OBJECT = _messages("an object", "is no object")
_LIST = _messages("a list", "is no list")


def _object(values: fields.Field[Any] | None = None) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=values, required=True, error_messages=_OBJECT)


def _list(values: fields.Field[Any]) -> fields.List[Any]:
    return fields.List(values, required=True, error_messages=_LIST)


# --- what a calibration holds -------------------------------------------------------------


class _Form(Schema):
    class Meta:
        unknown = RAISE

    error_messages = _OBJECT | {"unknown": "is not known here"}


class _Cut(_Form):
    at = _Is('a number as text, such as "0.1" or "1/3"', _number)
    strict = _Is("true or false", _truth)

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> Cut:
        return Cut(**data)


class _Bands(_Form):
    cuts = _list(fields.Nested(_Cut, allow_none=True))
    names = _list(_of_text())

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> FoundBands:
        return FoundBands(tuple(data["cuts"]), tuple(data["names"]))

    @validates_schema
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        cuts, names = data["cuts"], data["names"]
        if len(names) != len(cuts) + 1 or len(set(names)) < len(names):
            message = f"has {len(names)} names; allowed: one more than cuts, no two the same"
            raise ValidationError(message, "names")
        if any(not _ascend(one, other) for one, other in pairwise(cuts)):
            raise ValidationError("fall; allowed: cuts that ascend, null after all others", "cuts")


def _ascend(one: Cut | None, other: Cut | None) -> bool:
    return other is None or (one is not None and one <= other)


class _Calibration(_Form):
    calibration = _Is(f"{FORMAT}, the version of this form", _version)
    ruleset = _of_text()
    as_of = _Is("a day as YYYY-MM-DD", _day)
    customers = _Is("a whole number from 0", _count)
    bands = _object(_object(fields.Nested(_Bands, error_messages=_OBJECT)))
    states = _object()
    plugins = _object(_of_text())
    scales = _object(_Is("a whole number from 0", _count))

    @post_load
    def _made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "calibration"}


# --- faults -------------------------------------------------------------------------------


def _parsed(text: str, file: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_apart, parse_float=_finite, parse_constant=_finite
        )
    except json.JSONDecodeError as error:
        _refuse(Mark(file, error.lineno, error.colno), f"is no JSON: {error.msg.lower()}")
    except _Refused as error:
        _refuse(Mark(file), str(error))
    except (ValueError, RecursionError) as error:
        deep = isinstance(error, RecursionError)
        _refuse(Mark(file), f"holds a {'value nested too deeply' if deep else 'number too long'}")


class _Refused(ValueError):
    """JSON that may not stand in a calibration."""


def _refuse(mark: Mark, reason: str) -> NoReturn:
    allowed = "a calibration as a run saves it"
    raise DataError(
        Diagnostic("calibration-invalid", f"the calibration {reason}", mark=mark, allowed=allowed)
    )


def _apart(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Refused(f"has the key {key!r} twice in one object")
        found[key] = value
    return found


def _finite(number: str) -> float:
    found = float(number.replace("Infinity", "inf"))
    if not isfinite(found):
        raise _Refused(f"holds {number}, which is no finite number")
    return found


def _diagnostics(messages: Any, file: str) -> list[Diagnostic]:
    return [
        Diagnostic(
            "calibration-invalid",
            f"{place or 'the calibration'} {message.partition('; allowed: ')[0]}",
            mark=Mark(file),
            allowed=message.partition("; allowed: ")[2] or None,
        )
        for place, message in _flat(messages, "")
    ]


def _flat(messages: Any, place: str) -> Iterator[tuple[str, str]]:
    """Marshmallow's nested messages, each with its place."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _flat(inner, _step(place, key))
    else:
        for message in messages:
            yield place, str(message)


def _step(place: str, key: Any) -> str:
    if key in ("value", "key", "_schema"):  # marshmallow's own steps
        return place
    if isinstance(key, int):
        return f"{place}[{key}]"
    return f"{place}.{key}" if place else str(key)
