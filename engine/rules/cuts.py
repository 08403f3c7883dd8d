"""Cut points as they are written: a number, a word, or a mapping of one kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field

from custrata.engine.model import (
    BottomFraction,
    CutPoint,
    Deviation,
    Fixed,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from custrata.engine.rules.faults import Fault, listed, near, quoted, refused
from custrata.engine.rules.fields import JSON, unknown_key

_METHODS = ("linear", "lower", "higher", "nearest", "midpoint", "step")
_CUTS: Mapping[str, tuple[Callable[..., CutPoint], Mapping[str, tuple[Any, ...]]]] = {
    "quantile": (Quantile, {"method": _METHODS}),
    "deviation": (Deviation, {"sample": (True, False)}),
    "top_fraction": (TopFraction, {}),
    "bottom_fraction": (BottomFraction, {}),
    "top_share": (TopShare, {"border": ("reaches", "within")}),
    "of_total": (OfTotal, {}),
}
_CUT_FORMS = f"a number, mean, median, {listed(f'{{{kind}: ...}}' for kind in _CUTS)}"
_WORDS: Mapping[str, CutPoint] = {"mean": Mean(), "median": Quantile(Fraction(1, 2))}


class Cut(Field[Any]):
    """A cut point."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> CutPoint:
        if isinstance(value, dict):
            return _found_cut(value)
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise refused(
                f"a cut point cannot be {quoted(value)}",
                "wrong-cut",
                allowed=_CUT_FORMS,
                nearest=near(value, _WORDS),
            )
        return Fixed(value)

    def json(self) -> JSON:
        """As JSON Schema."""
        return {
            "anyOf": [
                {"type": "number"},
                {"enum": list(_WORDS)},
                *(_cut_json(kind) for kind in _CUTS),
            ]
        }


def _found_cut(value: Mapping[str, Any]) -> CutPoint:
    kinds = [key for key in value if key in _CUTS]
    if len(kinds) != 1:
        known = (*_CUTS, "method", "sample", "border")
        odd = next((key for key in value if key not in known), None)
        text = f"unknown cut point {quoted(odd)}" if odd else "a cut point is of one kind"
        raise refused(text, "wrong-cut", allowed=_CUT_FORMS, nearest=near(odd, known))
    kind = kinds[0]
    build, options = _CUTS[kind]
    faults: dict[str, Any] = {
        key: [unknown_key(key, (kind, *options))] for key in value if key not in (kind, *options)
    }
    for key in options.keys() & value.keys():
        if not _one_of(value[key], options[key]):
            allowed = listed(
                quoted(word) if isinstance(word, bool) else word for word in options[key]
            )
            faults[key] = [
                Fault(
                    f"got {quoted(value[key])}",
                    "wrong-choice",
                    allowed=allowed,
                    nearest=near(value[key], [w for w in options[key] if isinstance(w, str)]),
                )
            ]
    if fault := _wrong_size(kind, value[kind]):
        faults[kind] = [fault]
    if faults:
        raise ValidationError(faults)
    return build(Fraction(value[kind]), **{key: value[key] for key in options if key in value})


def _one_of(value: Any, words: tuple[Any, ...]) -> bool:
    return any(type(value) is type(word) and value == word for word in words)


def _wrong_size(kind: str, value: Any) -> Fault | None:
    allowed = "a number" if kind == "deviation" else "a fraction from 0 to 1, such as 0.8"
    number = isinstance(value, int | Fraction) and not isinstance(value, bool)
    if number and (kind == "deviation" or 0 <= value <= 1):
        return None
    return Fault(
        f"got {quoted(value)}", "wrong-number" if number else "wrong-type", allowed=allowed
    )


def _cut_json(kind: str) -> JSON:
    number: JSON = {"type": "number"}
    size = number if kind == "deviation" else {**number, "minimum": 0, "maximum": 1}
    options = {key: {"enum": list(words)} for key, words in _CUTS[kind][1].items()}
    keys = {kind: size, **options}
    return {"type": "object", "properties": keys, "required": [kind], "additionalProperties": False}
