"""The OpenAPI document: out of the operations and of the schemas that they use."""

from __future__ import annotations

from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from flask import Flask
from flask_smorest import Api
from marshmallow import fields
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from custrata.api import door, problems
from custrata.api.fields import Label, Moment, Money, Scalars
from custrata.api.schemas.common import Problem
from custrata.service.imports.rows import LONGEST_ATTRIBUTE

_SCALARS = ["string", "number", "boolean", "null"]
_WAIT = {
    "Retry-After": {
        "description": "Seconds after which the same may be asked again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_HEADERS: dict[int, dict[str, Any]] = {
    429: _WAIT
    | {
        name: {"description": told, "schema": {"type": "integer"}}
        for name, told in {
            door.LIMIT: "How often this token may ask a minute; in every answer.",
            door.REMAINING: "How much of it is left; in every answer.",
            door.RESET: "When all of it is there again, in Unix seconds; in every answer.",
        }.items()
    },
    503: _WAIT,
}


class Described(Api):
    """Operations in the document; what is wrong is told as problem details."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask):
        """Operations of an application, each to be registered."""
        super().__init__(app)
        self.register_field(Money, "string", "decimal")
        self.register_field(Moment, "string", "date-time")
        self.register_field(Label, None, None)
        self.ma_plugin.converter.add_attribute_function(_shape)
        self.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})

    def content(self) -> dict[str, Any]:
        """The document: JSON values."""
        found: dict[str, Any] = self.spec.to_dict()
        schemas = found["components"]["schemas"]
        schemas.pop("PaginationMetadata", None)  # of a header that no answer has
        for key, name in self.ma_plugin.converter.refs.items():
            told = vars(key[0]).get("__doc__")
            if told and name in schemas:
                schemas[name]["description"] = cleandoc(told)
        return found

    def _register_responses(self) -> None:
        content = {problems.KIND: {"schema": Problem}}
        for status in HTTPStatus:
            told = {"description": status.phrase, "content": content}
            headers = _HEADERS.get(status, {})
            self.spec.components.response(
                status.name, told | ({"headers": headers} if headers else {}), lazy=True
            )

    def handle_http_exception(self, error: HTTPException) -> Response:
        """What is wrong, as the application tells it too."""
        return problems.told(error)


def _shape(_converter: Any, field: fields.Field[Any], ret: dict[str, Any], **_: Any) -> Any:
    """What a field may hold, where its class alone does not say so."""
    if isinstance(field, Label):
        return {"type": ["string", "array", "null"], "items": {"type": "string"}}
    found: dict[str, Any] = {}
    if isinstance(field, fields.Dict):
        for ours, theirs in {"minProperties": "minLength", "maxProperties": "maxLength"}.items():
            if theirs in ret:
                found[ours] = ret.pop(theirs)
    if isinstance(field, Scalars):
        found["additionalProperties"] = {"type": _SCALARS, "maxLength": LONGEST_ATTRIBUTE}
    return found
