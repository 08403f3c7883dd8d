"""Hit policies as they are written."""

from __future__ import annotations

from typing import Any, cast

from marshmallow import ValidationError
from marshmallow.fields import Field

from custrata.engine.model import HitPolicy
from custrata.engine.rules.document import identity
from custrata.engine.rules.faults import Fault, listed, near, quoted, refused
from custrata.engine.rules.fields import JSON, SCALAR, LabelId, ListOf

_PLAIN_POLICIES = ("first", "unique", "any", "rule_order", "collect")
_ORDERED_POLICIES = ("priority", "output_order")
_AGGREGATES = ("sum", "min", "max", "count")
_POLICIES = (
    f"{listed(_PLAIN_POLICIES)}, {{priority: [labels]}}, {{output_order: [labels]}}, "
    f"{{collect: {'|'.join(_AGGREGATES)}}}"
)


class Policy(Field[HitPolicy]):
    """A hit policy."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> HitPolicy:
        if isinstance(value, str) and value in _PLAIN_POLICIES:
            return HitPolicy(cast(Any, value))
        if isinstance(value, str) and value in _ORDERED_POLICIES:
            raise refused(
                f"{value} needs the order of its labels",
                "wrong-policy",
                allowed=f"{{{value}: [best, ..., worst]}}",
            )
        if isinstance(value, dict) and len(value) == 1:
            return _policy_of(*next(iter(value.items())))
        known = (*_PLAIN_POLICIES, *_ORDERED_POLICIES)
        raise refused(
            f"unknown hit policy {quoted(value)}",
            "wrong-policy",
            allowed=_POLICIES,
            nearest=near(value, known),
        )

    def json(self) -> JSON:
        """As JSON Schema."""
        order = {"type": "array", "items": SCALAR, "minItems": 1}
        keyed: dict[str, JSON] = {
            **dict.fromkeys(_ORDERED_POLICIES, order),
            "collect": {"enum": list(_AGGREGATES)},
        }
        forms = [
            {
                "type": "object",
                "properties": {key: of},
                "required": [key],
                "additionalProperties": False,
            }
            for key, of in keyed.items()
        ]
        return {"anyOf": [{"enum": list(_PLAIN_POLICIES)}, *forms]}


def _policy_of(kind: str, argument: Any) -> HitPolicy:
    if kind == "collect":
        if argument not in _AGGREGATES:
            fault = Fault(
                f"got {quoted(argument)}",
                "wrong-choice",
                allowed=listed(_AGGREGATES),
                nearest=near(argument, _AGGREGATES),
            )
            raise ValidationError({kind: [fault]})
        return HitPolicy("collect", aggregate=argument)
    if kind not in _ORDERED_POLICIES:
        known = (*_ORDERED_POLICIES, "collect")
        fault = Fault(
            f"unknown hit policy {quoted(kind)}",
            "wrong-policy",
            allowed=_POLICIES,
            nearest=near(kind, known),
            at_key=True,
        )
        raise ValidationError({kind: [fault]})
    try:
        order = ListOf(LabelId()).deserialize(argument)
    except ValidationError as error:
        raise ValidationError({kind: error.messages}) from None
    if not order:
        fault = Fault("no label is listed", "wrong-policy", allowed="[best, ..., worst]")
        raise ValidationError({kind: [fault]})
    seen: dict[Any, int] = {}
    faults = {}
    for index, one in enumerate(order):
        if seen.setdefault(identity(one), index) != index:
            faults[index] = [
                Fault(
                    f"label {quoted(one)} is listed twice",
                    "duplicate-label",
                    allowed="each label once",
                )
            ]
    if faults:
        raise ValidationError({kind: faults})
    return HitPolicy(cast(Any, kind), order=tuple(order))
