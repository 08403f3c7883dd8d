"""Effects as they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError
from marshmallow.fields import Field

from custrata.engine.model import Effect
from custrata.engine.rules.document import bare
from custrata.engine.rules.faults import listed, near, quoted, refused
from custrata.engine.rules.fields import JSON

_NAME = r"\w[\w-]*"
_BUILT_IN: Mapping[str, str] = {
    "set_stage": "the id of a stage",
    "restore_stage": "",
    "add_to_group": "the code of a group",
    "remove_from_group": "the code of a group",
    "remind": "anything",
    "webhook": "the name of a configured destination, never an address",
}


class EffectItem(Field[Effect]):
    """What follows a transition: a bare name, or `{name: argument}`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Effect:
        if isinstance(value, str):
            return _effect(value, None)
        if not isinstance(value, dict) or len(value) != 1:
            raise refused(
                f"an effect is one name, got {quoted(value)}",
                "wrong-effect",
                allowed="a name, or {name: argument}",
            )
        name, argument = next(iter(value.items()))
        try:
            return _effect(name, argument)
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None

    def json(self) -> JSON:
        """As JSON Schema."""
        bare = {"enum": ["restore_stage", "remind"]}
        text = {"type": "string", "minLength": 1}
        shapes: dict[str, JSON] = {
            name: text if "id" in shape or "code" in shape else {}
            for name, shape in _BUILT_IN.items()
        }
        shapes |= {
            "restore_stage": {"type": "null"},
            "webhook": {"type": "string", "pattern": r"^[\w][\w-]*$"},
        }
        keyed = {
            "type": "object",
            "properties": shapes,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        return {"anyOf": [bare, keyed]}


def _effect(name: str, argument: Any) -> Effect:
    if name not in _BUILT_IN:
        raise refused(
            f"unknown effect {quoted(name)}",
            "unknown-effect",
            allowed=listed(_BUILT_IN),
            nearest=near(name, _BUILT_IN),
            at_key=True,
        )
    shape = _BUILT_IN[name]
    if name == "webhook" and (not isinstance(argument, str) or not _is_name(argument)):
        raise refused(f"webhook got {quoted(argument)}", "webhook-address", allowed=shape)
    if not shape and argument is not None:
        raise refused(f"{name} takes nothing, got {quoted(argument)}", "wrong-effect", allowed=name)
    if shape.startswith("the") and (not isinstance(argument, str) or not argument):
        raise refused(
            f"{name} got {quoted(argument)}",
            "wrong-effect",
            allowed=f"{{{name}: ...}} with {shape}",
        )
    return Effect(name, bare(argument))


def _is_name(text: str) -> bool:
    return bool(re.fullmatch(_NAME, text)) and text.lower() != "localhost" and not text.isdigit()
