"""What a measure's declaration says: its column, its parameters, the files that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from marshmallow import ValidationError

from custrata.engine.columns import Column
from custrata.engine.hookspecs import Measure
from custrata.engine.measures.combined import SILENCE_OF_COLUMNS
from custrata.engine.measures.contacts import TOUCH_OF_CONTACT
from custrata.engine.measures.context import Unmeasurable
from custrata.engine.measures.parts import PARTS
from custrata.engine.model import MeasureUse, Ruleset

INSTEAD: Mapping[str, Measure] = {one.name: one for one in (SILENCE_OF_COLUMNS, TOUCH_OF_CONTACT)}
"""How a measure is computed where something else than facts brings one of its parts."""

_KINDS: Mapping[str, Literal["integer", "float", "text"]] = {
    "integer": "integer",
    "money": "integer",
    "number": "float",
    "text": "text",
    "boolean": "text",
}


def split(text: str) -> tuple[str, str]:
    """The record and the column of an input."""
    record, _, column = text.partition(".")
    return record, column


def column_of(name: str, measure: Measure, scale: int) -> Column:
    """The column that a measure gives; `scale` is that of money."""
    money = measure.type == "money"
    return Column(name, _KINDS[measure.type], scale if money else 0, money)


def numeric(measure: Measure) -> bool:
    """Whether a measure is a number."""
    return measure.type in ("integer", "money", "number")


def public_parts(measure: Measure) -> list[str]:
    """Measures that a measure is made of, those that have no name of their own apart."""
    parts = [column for record, column in map(split, measure.inputs) if record == "measures"]
    return [part for part in parts if part not in PARTS]


def parameters_of(measure: Measure, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters as `compute` gets them, defaults filled in.

    Raises:
        Unmeasurable: one is missing, or is not what the measure takes.
    """
    if measure.parameters is None:
        return {}
    try:
        loaded: Mapping[str, Any] = measure.parameters().load(dict(given))
    except ValidationError as error:
        faults = dict(error.messages_dict)
        told = [f"parameter {name}: {_first(fault)}" for name, fault in faults.items()]
        raise Unmeasurable("; ".join(told)) from error
    return loaded


def _first(fault: Any) -> str:
    """The first message of a field's faults, as a part of a sentence."""
    while not isinstance(fault, str):
        fault = next(iter(fault.values() if isinstance(fault, dict) else fault))
    return fault[:1].lower() + fault[1:].rstrip(".")


def file_of(record: str) -> str:
    """What a person calls the file that a record comes from."""
    return "transactions" if record == "lines" else record.replace("_", " ")


def names_read(wanted: list[str], ruleset: Ruleset, measures: Mapping[str, Measure]) -> list[str]:
    """Wanted names and all that they may be made of, so that columns are read in one go."""
    names: dict[str, None] = {}
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in names:
            continue
        names[name] = None
        use = ruleset.measures.get(name) or MeasureUse(name, name)
        measure = measures.get(use.measure or "")
        inputs = map(split, measure.inputs if measure else ())
        waiting += [column for record, column in inputs if record in ("measures", "customers")]
        waiting += [*(use.ratio or ()), *(use.difference or ())]
        waiting += [use.days_since] if use.days_since else []
    return list(names)


def made_of(name: str, ruleset: Ruleset, measures: Mapping[str, Measure]) -> set[str]:
    """All names that a measure may be made of, itself among them."""
    found: set[str] = set()
    left = [name]
    while left:
        names = set(names_read(left, ruleset, measures)) - found
        found |= names
        inputs = (text for part in names if part in INSTEAD for text in INSTEAD[part].inputs)
        left = [column for _, column in map(split, inputs) if column not in found]
    return found
