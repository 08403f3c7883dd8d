"""The rules format as JSON Schema (2020-12), so that editors complete and check a file.

Walked off the marshmallow schemas that check the file itself; names of plugins and measures
are suggestions where other names are allowed too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, fields, validate
from marshmallow.fields import Field, Nested

from custrata.engine.rules.fields import HIDDEN, JSON, ListOf, MapOf
from custrata.engine.rules.schema import (
    REFERENCES,
    BandsSchema,
    ClassifierSchema,
    MeasureSchema,
    Part,
    RulesetSchema,
)

if TYPE_CHECKING:
    from custrata.engine.hookspecs import Measure
    from custrata.engine.plugins import Plugins

_NATIVE: tuple[tuple[type[Field[Any]], JSON], ...] = (
    (fields.String, {"type": "string"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Number, {"type": "number"}),
    (fields.Boolean, {"type": "boolean"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.Mapping, {"type": "object"}),
)


def json_schema(plugins: Plugins) -> JSON:
    """The JSON Schema of a rules file, with what is installed."""
    schema = of_schema(RulesetSchema())
    schema["properties"]["measures"] = _measures(schema["properties"]["measures"], plugins)
    schema["properties"]["classifiers"] = _classifiers(schema["properties"]["classifiers"], plugins)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "custrata rules",
        **schema,
        "$defs": {"bands": of_schema(BandsSchema()), "classifier": _classifier(plugins)},
    }


def of_schema(schema: Schema) -> JSON:
    """A marshmallow schema."""
    known = {field.data_key or name: field for name, field in schema.load_fields.items()}
    further = schema.further if isinstance(schema, Part) else ()
    result: JSON = {
        "type": "object",
        "properties": {key: of_field(field) for key, field in known.items()},
        "additionalProperties": of_field(further[0]) if further else False,
    }
    required = [key for key, field in known.items() if field.required]
    return {**result, **({"required": required} if required else {})}


def of_field(field: Field[Any]) -> JSON:
    """A marshmallow field."""
    schema = {**_validated(field), **_kind(field)}
    if field.allow_none and schema:
        schema = {"anyOf": [schema, {"type": "null"}]}
    described = field.metadata.get("description")
    return {"description": described, **schema} if described else schema


def _kind(field: Field[Any]) -> JSON:
    if isinstance(field, Nested):
        return of_schema(field.schema)
    if isinstance(field, ListOf | fields.List):
        return {"type": "array", "items": of_field(field.inner)}
    if isinstance(field, MapOf):
        return {"type": "object", "additionalProperties": of_field(field.inner)}
    own = getattr(field, "json", None)
    if own is not None:
        return dict(own())
    return dict(next((schema for kind, schema in _NATIVE if isinstance(field, kind)), {}))


def _validated(field: Field[Any]) -> JSON:
    """What a field's own validators say, as far as JSON Schema can say it."""
    schema: JSON = {}
    for validator in field.validators:
        if isinstance(validator, validate.OneOf):
            schema["enum"] = list(validator.choices)
        elif isinstance(validator, validate.Range):
            schema |= _limits(validator.min, validator.max, "minimum", "maximum")
        elif isinstance(validator, validate.Length):
            kind = "Items" if isinstance(field, fields.List) else "Length"
            schema |= _limits(validator.min, validator.max, f"min{kind}", f"max{kind}")
    return schema


def _limits(low: Any, high: Any, least: str, most: str) -> JSON:
    pairs = {least: low, most: high}
    return {key: limit for key, limit in pairs.items() if isinstance(limit, int | float)}


# --- what is installed --------------------------------------------------------------------


def _measures(schema: JSON, plugins: Plugins) -> JSON:
    """Each form apart; of a declared measure, its own parameters."""
    whole = of_schema(MeasureSchema())["properties"]
    forms = [
        {
            "type": "object",
            "properties": {key: whole[key]},
            "required": [key],
            "additionalProperties": False,
        }
        for key in ("ratio", "difference", "days_since")
    ]
    forms += [_measure(measure, whole) for measure in plugins.measures.values()]
    names = {"not": {"anyOf": [{"enum": ["label", "note", "customer_id", ""]}, *_prefixes()]}}
    own = {"type": "object", "propertyNames": names, "additionalProperties": {"anyOf": forms}}
    return {
        **{key: schema[key] for key in ("description",) if key in schema},
        "anyOf": [own, {"type": "null"}],
    }


def _prefixes() -> list[JSON]:
    return [{"pattern": f"^{re.escape(prefix)}"} for prefix in (*REFERENCES, *HIDDEN)]


def _measure(measure: Measure, whole: Mapping[str, JSON]) -> JSON:
    window = {key: whole[key] for key in ("window", "calendar")} if measure.windowed else {}
    given = of_schema(measure.parameters()) if measure.parameters else {"properties": {}}
    return {
        "type": "object",
        "properties": {"measure": {"const": measure.name}, **window, **given["properties"]},
        "required": ["measure", *given.get("required", ())],
        "additionalProperties": False,
    }


def _classifiers(schema: JSON, plugins: Plugins) -> JSON:
    """Plugins' names are completed, further ones are welcome."""
    any_of: JSON = {"anyOf": [{"$ref": "#/$defs/classifier"}, {"type": "null"}]}
    own = {
        "type": "object",
        "properties": {name: _named(name, plugins, any_of) for name in plugins.classifiers},
        "propertyNames": {"pattern": r"^[^.#_][^.]*$", "not": {"const": "customer_id"}},
        "additionalProperties": {"$ref": "#/$defs/classifier"},
    }
    return {"description": schema["description"], "anyOf": [own, {"type": "null"}]}


def _named(name: str, plugins: Plugins, any_of: JSON) -> JSON:
    title = plugins.classifiers[name].strings.get("en", {}).get("name")
    return {"title": title, **any_of} if title else any_of


def _classifier(plugins: Plugins) -> JSON:
    schema = of_schema(ClassifierSchema())
    bands, measures = {"$ref": "#/$defs/bands"}, schema["properties"]["bands"]
    partial = {**of_schema(BandsSchema())}
    partial.pop("required")
    measures |= {
        "properties": dict.fromkeys(plugins.measures, partial),
        "additionalProperties": partial,
    }
    schema["properties"]["plugin"] |= {"examples": list(plugins.classifiers)}
    whole = {"properties": {"bands": {"additionalProperties": bands}}}
    return {**schema, "if": {"required": ["table"]}, "then": whole}
