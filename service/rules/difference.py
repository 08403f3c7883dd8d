"""The difference of two rulesets: what it means, not how it is written.

Held against each other is what comes of the text: plugins' defaults filled in, every part in its
canonical form. So comments, the order of keys and a default that is spelt out are no difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any

import marshmallow

from custrata import Engine
from custrata.engine.model import Bands, Classifier, LabelInfo, MeasureUse
from custrata.engine.rules.document import Map, read_document
from custrata.engine.rules.inherit import label_names
from custrata.service.desk import Desk
from custrata.service.rules.changes import Change
from custrata.service.rules.rows import Row, label_key, matched, meaning, rows
from custrata.service.rules.versions import engine_of_text, version
from custrata.service.rules.words import spelt, told

Changes = Iterator[Change]


@dataclass(frozen=True)
class Difference:
    """What is different between two rulesets.

    Attributes:
        changes: empty where both mean the same.
        same_text: whether they are the same to the character.
    """

    before: Engine
    after: Engine
    changes: tuple[Change, ...]
    same_text: bool

    def told(
        self,
        language: str | None = None,
        translate: Callable[[str], str] = str,
        number: Callable[[Decimal], str] = spelt,
    ) -> tuple[str, ...]:
        """Each change in words.

        Args:
            language: in which ids are named (`en`, `vi` ...); None leaves them as they are.
            translate: gives a sentence, its placeholders kept, in the reader's language.
            number: writes a number, exactly, as the reader does.
        """
        return told(self.changes, self.before, self.after, language, translate, number)


def compared(before: str, after: str, names: tuple[str, str] = ("before", "after")) -> Difference:
    """The difference of two texts; `names` stand for the files in messages.

    Raises:
        RulesError: one of them is wrong; carries every diagnostic.
    """
    old, new = _Side.of(before, names[0]), _Side.of(after, names[1])
    return Difference(old.engine, new.engine, _difference(old, new), before == after)


def difference(before: Engine | str, after: Engine | str) -> tuple[Change, ...]:
    """What is different; empty where both mean the same.

    Rules as text also tell a classifier that is disabled from one that is gone.

    Raises:
        RulesError: a text is wrong; carries every diagnostic.
    """
    return _difference(_Side.of(before, "before"), _Side.of(after, "after"))


def difference_of_versions(desk: Desk, a: int, b: int) -> Difference:
    """What is different in version `b`, seen from version `a`.

    Raises:
        StoreError: there is no such version. RulesError: one can no longer be read.
    """
    with desk.database.read() as session:
        before, after = version(session, a).text, version(session, b).text
    return compared(before, after, (f"version {a}", f"version {b}"))


@dataclass(frozen=True)
class _Side:
    """One of the two, and which classifiers it keeps without running them."""

    engine: Engine
    disabled: frozenset[str]

    @classmethod
    def of(cls, rules: Engine | str, name: str) -> _Side:
        if isinstance(rules, Engine):
            return cls(rules, frozenset())
        return cls(engine_of_text(rules, name), frozenset(_disabled(rules)))

    @property
    def classifiers(self) -> dict[str, Classifier]:
        return {one.name: one for one in self.engine.ruleset.classifiers}


def _disabled(text: str) -> Iterator[str]:
    root = read_document(text, "rules").root
    written = root.get("classifiers") if root else None
    for name, own in (written or {}).items():
        if isinstance(own, Map) and own.get("enabled") is False:
            yield name


def _difference(old: _Side, new: _Side) -> tuple[Change, ...]:
    return tuple(chain(_heads(old, new), _measures(old, new), _classifiers(old, new)))


def _heads(old: _Side, new: _Side) -> Changes:
    a, b = old.engine.ruleset, new.engine.ruleset
    if a.time_zone != b.time_zone:
        yield _turned(None, "time_zone", "text", a.time_zone, b.time_zone)
    if a.currency != b.currency:
        yield _turned(None, "currency", "text", a.currency, b.currency)
    if a.window_days != b.window_days:
        yield _turned(None, "window_days", "days", a.window_days, b.window_days)


def _turned(
    classifier: str | None, kind: str, noun: str, old: Any, new: Any, **more: Any
) -> Change:
    return Change(classifier, kind, {**more, f"old_{noun}": old, f"new_{noun}": new})


def _union(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The keys of both, in the order of the new one; what is gone comes last."""
    return list(dict.fromkeys((*new, *old)))


# --- measures -----------------------------------------------------------------------------


def _measures(old: _Side, new: _Side) -> Changes:
    before, after = old.engine.ruleset.measures, new.engine.ruleset.measures
    for name in _union(before, after):
        a, b = before.get(name), after.get(name)
        if a is None:
            yield Change(None, "measure_added", {"measure": name, "form": b})
        elif b is None:
            yield Change(None, "measure_removed", {"measure": name, "form": a})
        elif _form(a) != _form(b):
            yield _turned(None, "measure_form", "form", a, b, measure=name)
        else:
            yield from _measure(a, b, new.engine)


def _form(use: MeasureUse) -> tuple[Any, ...]:
    return use.measure, use.ratio, use.difference, use.days_since


def _measure(a: MeasureUse, b: MeasureUse, engine: Engine) -> Changes:
    if a.window != b.window:
        yield _turned(None, "measure_window", "window", a.window, b.window, measure=a.name)
    declared = engine.plugins.measures.get(a.measure or "")
    schema = declared.parameters if declared else None
    turned = partial(_turned, None, "measure_parameter", "value", measure=a.name)
    yield from _parameters(a.parameters, b.parameters, schema, turned)


def _parameters(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    schema: type[marshmallow.Schema] | None,
    turned: Callable[..., Change],
) -> Changes:
    """Parameters, what is left out being the schema's default."""
    a, b = ({**_defaults(schema), **given} for given in (old, new))
    for name in _union(a, b):
        if _json(a.get(name)) != _json(b.get(name)):
            yield turned(a.get(name), b.get(name), parameter=name)


def _defaults(schema: type[marshmallow.Schema] | None) -> dict[str, Any]:
    fields = schema().load_fields if schema else {}
    given = {field.data_key or name: field.load_default for name, field in fields.items()}
    return {
        name: value() if callable(value) else value
        for name, value in given.items()
        if value is not marshmallow.missing
    }


def _json(value: Any) -> str:
    """What a plain value is equal by: `true` is not 1."""
    return json.dumps(value, sort_keys=True, default=str)


# --- classifiers --------------------------------------------------------------------------


def _classifiers(old: _Side, new: _Side) -> Changes:
    before, after = old.classifiers, new.classifiers
    for name in _union(before, after):
        a, b = before.get(name), after.get(name)
        if a and b:
            yield from _classifier(a, b, old.engine, new.engine)
        elif b:
            yield Change(name, "enabled" if name in old.disabled else "added")
        else:
            yield Change(name, "disabled" if name in new.disabled else "removed")


def _classifier(a: Classifier, b: Classifier, old: Engine, new: Engine) -> Changes:
    if a.plugin != b.plugin:
        yield _turned(b.name, "plugin", "text", a.plugin, b.plugin)
    plugin = new.plugins.classifiers.get(b.plugin or "")
    schema = plugin.declaration.parameters if plugin else None
    turned = partial(_turned, b.name, "parameter", "value")
    yield from _parameters(a.parameters, b.parameters, schema, turned)
    yield from _where(a, b)
    yield from _bands(a, b)
    yield from _table(a, b)
    yield from _labels(a, b, old, new)
    yield from _effects(a, b)


def _where(a: Classifier, b: Classifier) -> Changes:
    for column in _union(a.where, b.where):
        cells = a.where.get(column), b.where.get(column)
        if meaning(cells[0]) != meaning(cells[1]):
            yield _turned(b.name, "where", "cell", *cells, column=column)
    if label_key(a.outside) != label_key(b.outside):
        yield _turned(b.name, "outside", "label", a.outside, b.outside)


# --- bands --------------------------------------------------------------------------------


def _bands(a: Classifier, b: Classifier) -> Changes:
    for measure in _union(a.bands, b.bands):
        old, new = a.bands.get(measure), b.bands.get(measure)
        if old and new:
            yield from _cut(b.name, old, new)
        elif new:
            yield Change(b.name, "bands_added", {"measure": measure, "bands": new})
        else:
            yield Change(b.name, "bands_removed", {"measure": measure, "bands": old})


def _cut(name: str, old: Bands, new: Bands) -> Changes:
    turned = partial(_turned, name, measure=new.measure)
    renamed = _renamed(old, new)
    if tuple(renamed.get(one, one) for one in old.names) != new.names:
        yield turned("bands", "bands", old, new)
    else:
        for was, now in renamed.items():
            yield turned("band_renamed", "band", was, now)
        yield from _cut_points(name, old, new)
        if old.closed != new.closed:
            yield Change(name, f"closed_{new.closed}", {"measure": new.measure})
    if old.ties != new.ties:
        yield turned("ties", "text", old.ties, new.ties)
    if old.duplicates != new.duplicates:
        yield turned("duplicates", "text", old.duplicates, new.duplicates)


def _cut_points(name: str, old: Bands, new: Bands) -> Changes:
    kind, upper = ("cut_up_to", 0) if new.closed == "right" else ("cut_from", 1)
    for place, (was, now) in enumerate(zip(old.cuts, new.cuts, strict=True)):
        if was != now:
            band = new.names[place + upper]
            yield _turned(name, kind, "cut", was, now, measure=new.measure, band=band)


def _renamed(old: Bands | None, new: Bands | None) -> dict[str, str]:
    """New names of bands that stand where they stood."""
    if old is None or new is None or len(old.names) != len(new.names):
        return {}
    return {
        was: now
        for was, now in zip(old.names, new.names, strict=True)
        if was not in new.names and now not in old.names
    }


# --- tables -------------------------------------------------------------------------------


def _table(a: Classifier, b: Classifier) -> Changes:
    if _policy(a) != _policy(b):
        yield _turned(b.name, "hit_policy", "policy", a.policy, b.policy)
    yield from _rows(a, b)
    if label_key(a.otherwise) != label_key(b.otherwise):
        yield _turned(b.name, "otherwise", "label", a.otherwise, b.otherwise)


def _policy(one: Classifier) -> tuple[Any, ...]:
    return one.policy.kind, one.policy.aggregate, tuple(map(label_key, one.policy.order))


def _rows(a: Classifier, b: Classifier) -> Changes:
    renamed = {name: _renamed(a.bands.get(name), bands) for name, bands in b.bands.items()}
    found = matched(rows(a.rules, renamed), rows(b.rules, {}))
    for old, new in found.moved:
        values = {"old_row": old.number, "new_row": new.number}
        yield Change(b.name, "row_moved", values | _said(new))
    for old, new in found.changed:
        yield from _row(b.name, old, new)
    for row in found.removed:
        yield Change(b.name, "row_removed", {"row": row.number, **_said(row)})
    for row in found.added:
        yield Change(b.name, "row_added", {"row": row.number, **_said(row)})


def _said(row: Row) -> dict[str, Any]:
    return {"cells": row.rule.cells, "label": row.rule.label}


def _row(name: str, old: Row, new: Row) -> Changes:
    turned = partial(_turned, name, row=new.number)
    for column in _union(old.cells, new.cells):
        if old.cells.get(column) != new.cells.get(column):
            cells = old.rule.cells.get(column), new.rule.cells.get(column)
            yield turned("row_cell", "cell", *cells, column=column)
    if old.label != new.label:
        yield turned("row_label", "label", old.rule.label, new.rule.label)
    if old.rule.note != new.rule.note:
        yield turned("row_note", "text", old.rule.note, new.rule.note)


# --- labels and effects -------------------------------------------------------------------


def _labels(a: Classifier, b: Classifier, old: Engine, new: Engine) -> Changes:
    for label in _union(a.labels, b.labels):
        was, now = _info(a, label, old), _info(b, label, new)
        for language in _union(was.names, now.names):
            names = was.names.get(language), now.names.get(language)
            if names[0] != names[1]:
                more = {"label": label, "language": language}
                yield _turned(b.name, "label_name", "text", *names, **more)
        if was.rank != now.rank:
            yield _turned(b.name, "label_rank", "number", was.rank, now.rank, label=label)


def _info(one: Classifier, label: str, engine: Engine) -> LabelInfo:
    """What is known of a label, also of one that no row gives."""
    names = label_names(engine.plugins.classifiers.get(one.plugin or ""))
    return one.labels.get(label) or LabelInfo(names.get(label, {}))


def _effects(a: Classifier, b: Classifier) -> Changes:
    for label in _union(a.effects, b.effects):
        was, now = a.effects.get(label, {}), b.effects.get(label, {})
        for moment in ("enter", "leave"):
            effects = was.get(moment, ()), now.get(moment, ())
            plain = [[(one.name, _json(one.argument)) for one in each] for each in effects]
            if plain[0] != plain[1]:
                yield _turned(b.name, moment, "effects", *effects, label=label)
