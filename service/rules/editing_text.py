"""A form's changes back into the text of the rules: only what differs, comments stay.

A classifier that lives by its plugin's defaults keeps doing so, part by part; only a change of its
table, which replaces the plugin's whole, has all of them written out beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from custrata.engine.rules.document import Map
from custrata.service.rules.editing import (
    ORDERED,
    BandsForm,
    Editing,
    LabelForm,
    RowForm,
    Written,
    editing,
)
from custrata.service.rules.editing_cells import (
    cell_value,
    cut_value,
    effects_value,
    label_value,
    number_or_text,
)
from custrata.service.rules.yaml_text import Path, arrange, as_block, edited_items, put, remove

_MERGED = {"bands": 2, "labels": 3, "parameters": 1}
"""So many levels of a plugin's mappings lie under the text's; all else is replaced whole."""
_MOMENTS = ("enter", "leave")


def applied(text: str, edited: Editing) -> str:
    """The text with one classifier as a form has it; the same text where nothing differs.

    Raises:
        RulesError: the text is no YAML. KeyError: it has no such classifier.
    """
    before = editing(text, edited.name)
    if before == edited:
        return text
    return _Writer(text, before, edited).text_after()


def with_classifier(text: str, name: str, value: Mapping[str, Any]) -> str:
    """The text with one more classifier."""
    return put(text, ("classifiers", name), value)


def without_classifier(text: str, name: str) -> str:
    """The text without a classifier."""
    return remove(text, ("classifiers", name))


@dataclass
class _Writer:
    """Takes a text from one form to another, part by part."""

    text: str
    before: Editing
    after: Editing

    @property
    def path(self) -> Path:
        return "classifiers", self.after.name

    @property
    def own(self) -> Map:
        return Written.of(self.text).own(self.after.name)

    def text_after(self) -> str:
        self.text = as_block(self.text, self.path)
        if self._needs_table():
            self._take_over()
        self._set_enabled()
        self._bands()
        if _table(self.before) != _table(self.after):
            self._rows()
            self._policy()
            self._label(("table", "otherwise"), self.before.otherwise, self.after.otherwise)
        self._where()
        self._label(("outside",), self.before.outside, self.after.outside)
        self._labels()
        self._effects()
        return self.text

    def put(self, path: Path, value: Any) -> None:
        self.text = put(self.text, (*self.path, *path), value)

    def remove(self, path: Path) -> None:
        self.text = remove(self.text, (*self.path, *path))

    # --- plugin's defaults ---

    def _needs_table(self) -> bool:
        """Whether something changes that only a table of one's own can change."""
        gone = self.before.banded.keys() - self.after.banded.keys()
        inherited = any(not self.before.banded[one].own for one in gone)
        return not self.before.own_table and (
            _table(self.before) != _table(self.after) or inherited
        )

    def _take_over(self) -> None:
        """Write out all that the plugin gives: a table inherits nothing."""
        written = Written.of(self.text)
        whole = written.classifiers[self.after.name]
        for path, value in _lacking(written.own(self.after.name), whole, _MERGED, ()):
            if path != ("table",):
                self.put(path, value)
        self.put(("table",), _plain(whole.get("table") or {"rules": []}))

    # --- parts ---

    def _set_enabled(self) -> None:
        if self.before.enabled and not self.after.enabled:
            self.put(("enabled",), value=False)
        elif self.after.enabled and not self.before.enabled:
            self.remove(("enabled",))

    def _bands(self) -> None:
        for measure in self.before.banded.keys() - self.after.banded.keys():
            self.remove(("bands", measure))
        for measure, bands in self.after.banded.items():
            was = self.before.banded.get(measure)
            if was is None:
                self.put(("bands", measure), bands_value(bands))
            elif was != replace(bands, own=was.own):
                self._band(was, bands)

    def _band(self, was: BandsForm, now: BandsForm) -> None:
        path = ("bands", now.measure)
        self._list((*path, "cuts"), map(cut_value, was.cuts), map(cut_value, now.cuts))
        self._list((*path, "names"), was.names, now.names)
        for key in ("closed", "ties", "duplicates"):
            if getattr(was, key) != getattr(now, key):
                self.put((*path, key), getattr(now, key))

    def _list(self, path: Path, was: Iterable[Any], now: Iterable[Any]) -> None:
        """A list, item by item where it is the text's own and stays as long."""
        old, new = list(was), list(now)
        if old == new:
            return
        written: Any = self.own
        for step in path:
            written = written.get(str(step)) if isinstance(written, Map) else None
        if isinstance(written, list) and len(written) == len(old) == len(new):
            for place, value in enumerate(new):
                if old[place] != value:
                    self.put((*path, place), value)
        else:
            self.put(path, new)

    def _rows(self) -> None:
        known = {row.key: row for row in self.before.rows}
        path = ("table", "rules")
        edits = {
            int(row.key): partial(_row, known[row.key], row)
            for row in self.after.rows
            if row.key in known and row != known[row.key]
        }
        self.text = edited_items(self.text, (*self.path, *path), edits)
        order = [
            int(row.key) if row.key in known else row_value(row, self.after.columns)
            for row in self.after.rows
        ]
        self.text = arrange(self.text, (*self.path, *path), order)

    def _policy(self) -> None:
        policies = [policy_value(one.policy, one.order) for one in (self.before, self.after)]
        if policies[0] != policies[1]:
            self.put(("table", "hit_policy"), policies[1])

    def _label(self, path: Path, was: str, now: str) -> None:
        if was != now and now:
            self.put(path, label_value(now))
        elif was != now:
            self.remove(path)

    def _where(self) -> None:
        old, new = dict(self.before.where), dict(self.after.where)
        if old == new:
            return
        if "where" not in self.own:
            self.put(("where",), {column: cell_value(cell) for column, cell in new.items()})
            return
        for column in old.keys() - new.keys():
            self.remove(("where", column))
        for column, cell in new.items():
            if old.get(column) != cell:
                self.put(("where", column), cell_value(cell))

    def _labels(self) -> None:
        known = {one.label: one for one in self.before.labels}
        for one in self.after.labels:
            was = known.get(one.label, LabelForm(one.label))
            for language in dict.fromkeys((*was.names, *one.names)):
                old, new = was.names.get(language, ""), one.names.get(language, "")
                self._text(("labels", one.label, "name", language), old, new)
            self._text(("labels", one.label, "rank"), was.rank, one.rank)

    def _text(self, path: Path, was: str, now: str) -> None:
        if was != now and now:
            self.put(path, number_or_text(now) if path[-1] == "rank" else now)
        elif was != now:
            self.remove(path)

    def _effects(self) -> None:
        """They are replaced whole: where the plugin gives some, all are written out."""
        old, new = _moments(self.before), _moments(self.after)
        if old == new:
            return
        if "effects" not in self.own:
            self.put(("effects",), _nested(new))
            return
        for label, moment in old.keys() | new.keys():
            effects = new.get((label, moment))
            if old.get((label, moment)) == effects:
                continue
            if effects:
                self.put(("effects", label, moment), effects)
            else:
                self.remove(("effects", label, moment))


def _row(was: RowForm, now: RowForm, text: str, path: Path) -> str:
    """The text with a row at a path as it is now."""
    for column in dict.fromkeys((*was.cells, *now.cells)):
        old, new = was.cells.get(column, ""), now.cells.get(column, "")
        if old != new and new:
            text = put(text, (*path, column), cell_value(new))
        elif old != new:
            text = remove(text, (*path, column))
    if was.label != now.label:
        text = put(text, (*path, "label"), label_value(now.label))
    if was.note != now.note and now.note:
        text = put(text, (*path, "note"), now.note)
    elif was.note != now.note:
        text = remove(text, (*path, "note"))
    return text


def _table(one: Editing) -> tuple[Any, ...]:
    """What makes up the table; cells that say nothing are none."""
    rows = [
        replace(row, cells={c: cell for c, cell in row.cells.items() if cell}) for row in one.rows
    ]
    return rows, one.policy, one.order, one.otherwise


def _moments(one: Editing) -> dict[tuple[str, str], list[Any]]:
    found = {
        (label.label, moment): effects_value(getattr(label, moment))
        for label in one.labels
        for moment in _MOMENTS
    }
    return {key: effects for key, effects in found.items() if effects}


def _nested(effects: Mapping[tuple[str, str], list[Any]]) -> dict[str, dict[str, list[Any]]]:
    found: dict[str, dict[str, list[Any]]] = {}
    for (label, moment), one in effects.items():
        found.setdefault(label, {})[moment] = one
    return found


def _lacking(own: Map, whole: Map, depths: Mapping[str, int], path: Path) -> list[tuple[Path, Any]]:
    """What a mapping gives beyond the text's own, as paths and values."""
    found: list[tuple[Path, Any]] = []
    for key, value in whole.items():
        inner = own.get(key)
        depth = depths.get(key, 0) if not path else depths[""] - 1
        if key not in own:
            found.append(((*path, key), _plain(value)))
        elif depth > 0 and isinstance(inner, Map) and isinstance(value, Map):
            found += _lacking(inner, value, {"": depth}, (*path, key))
    return found


def _plain(value: Any) -> Any:
    """Without places; numbers stay exact."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


# --- parts as a rules file holds them -----------------------------------------------------


def bands_value(bands: BandsForm) -> dict[str, Any]:
    """Bands; options only where they are not the default."""
    options = {"closed": "left", "ties": "value", "duplicates": "keep"}
    return {
        "cuts": [cut_value(cut) for cut in bands.cuts],
        "names": list(bands.names),
        **{
            key: getattr(bands, key)
            for key, usual in options.items()
            if getattr(bands, key) != usual
        },
    }


def row_value(row: RowForm, columns: Iterable[str]) -> dict[str, Any]:
    """A row, its columns in the table's order."""
    order = dict.fromkeys((*columns, *row.cells))
    cells = {one: cell_value(row.cells[one]) for one in order if row.cells.get(one)}
    note = {"note": row.note} if row.note else {}
    return {**cells, "label": label_value(row.label), **note}


def policy_value(policy: str, order: tuple[str, ...]) -> Any:
    """A hit policy."""
    if policy in ORDERED:
        return {policy: [label_value(one) for one in order]}
    kind, colon, argument = policy.partition(": ")
    return {kind: argument} if colon else kind
