"""What a calibration depends on, as a short text: other rules, other fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

from custrata.engine.model import Bands, Classifier, Ruleset

_LENGTH = 32


def content_hash(content: Any, length: int) -> str:
    """The same for equal JSON values, whatever the order of keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def fingerprint(ruleset: Ruleset) -> str:
    """Names all of a ruleset that cut points depend on.

    That is the time zone, the currency, the window and the measures; and of each classifier
    whose bands are found: these bands, who takes part, its plugin and parameters. Where the
    population depends on another classifier's result, all that decides that result counts too.
    Names of labels, notes, effects and the order of keys do not matter.
    """
    classifiers = {one.name: one for one in ruleset.classifiers}
    found = [one for one in ruleset.classifiers if any(bands.found for bands in one.bands.values())]
    content = {
        "time_zone": ruleset.time_zone,
        "currency": ruleset.currency,
        "window_days": ruleset.window_days,
        "measures": _plain(ruleset.measures),
        "found": {one.name: _population(one) for one in found},
        "results": {name: _result(classifiers[name]) for name in _read(found, classifiers)},
    }
    return content_hash(content, _LENGTH)


def _population(one: Classifier) -> Any:
    return _plain([_found(one), one.where, one.plugin, one.parameters])


def _found(one: Classifier) -> dict[str, Bands]:
    return {measure: bands for measure, bands in one.bands.items() if bands.found}


def _result(one: Classifier) -> Any:
    rows = [(rule.cells, rule.label) for rule in one.rules]
    decided = [one.bands, rows, one.policy, one.otherwise, one.where, one.outside]
    return _plain([*decided, one.plugin, one.parameters])


def _read(found: Sequence[Classifier], classifiers: Mapping[str, Classifier]) -> set[str]:
    """The classifiers whose results decide who takes part or are cut, and those that these read."""
    read: set[str] = set()
    left = [name for one in found for name in (*one.where, *_found(one))]
    while left:
        kind, _, name = left.pop().partition(".")
        if kind in ("label", "score") and name in classifiers and name not in read:
            read.add(name)
            left += classifiers[name].columns
    return read


def _plain(value: Any) -> Any:
    """A JSON value; equal ones for equal parts of a ruleset, places in files aside."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | Fraction):
        return {"number": str(Fraction(value))}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.compare}
        return {type(value).__name__: parts}
    if isinstance(value, Mapping):
        return {"map": {str(key): _plain(item) for key, item in value.items()}}
    if isinstance(value, Set):
        return {"set": sorted(json.dumps(_plain(item), sort_keys=True) for item in value)}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return {type(value).__name__: str(value)}
