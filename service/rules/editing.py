"""One classifier of a draft as a form shows it: bands, table, labels, each part as text.

What the text does not write itself comes from the classifier's plugin, and is marked as such. The
rules may be wrong; only text that is no YAML at all cannot be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from custrata.engine.diagnostics import Mark, RulesError
from custrata.engine.rules.document import Items, Map, read_document
from custrata.engine.rules.inherit import called_plugin, inherited, label_names
from custrata.service.rules.editing_cells import (
    CutForm,
    cell_text,
    cut_form,
    effects_text,
    label_text,
)
from custrata.service.rules.versions import installed

FILE = "draft"
"""What the text is called in marks."""
LANGUAGES = ("en", "vi", "zh_Hant", "zh_Hans")
POLICIES = (
    "first",
    "unique",
    "any",
    "priority",
    "rule_order",
    "output_order",
    "collect",
    *(f"collect: {one}" for one in ("sum", "min", "max", "count")),
)
ORDERED = ("priority", "output_order")
_ROW = ("label", "note")
_NOWHERE = Mark(FILE)


@dataclass(frozen=True)
class BandsForm:
    """How a measure is cut.

    Attributes:
        names: one more than `cuts`. own: whether the draft's text writes any of it.
    """

    measure: str
    cuts: tuple[CutForm, ...]
    names: tuple[str, ...]
    closed: str = "left"
    ties: str = "value"
    duplicates: str = "keep"
    own: bool = False


@dataclass(frozen=True)
class RowForm:
    """A row of the table.

    Attributes:
        key: the place that it has in the text, or a name of its own where it is new.
        cells: by column, as typed; a column that lacks means anything.
    """

    key: str
    cells: Mapping[str, str]
    label: str
    note: str = ""


@dataclass(frozen=True)
class LabelForm:
    """What is known of a label.

    Attributes:
        names: by language, the draft's own. given: what the plugin calls it.
        enter, leave: effects, one a line.
    """

    label: str
    names: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    rank: str = ""
    enter: str = ""
    leave: str = ""


@dataclass(frozen=True)
class Editing:
    """A classifier as a form shows it.

    Attributes:
        columns: of the table, banded measures first.
        policy: one of `POLICIES`. order: its labels, best first, where it is one of `ORDERED`.
        where: column and cell. own_table: whether the draft's text writes the table itself.
    """

    name: str
    plugin: str | None = None
    enabled: bool = True
    bands: tuple[BandsForm, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[RowForm, ...] = ()
    policy: str = "first"
    order: tuple[str, ...] = ()
    otherwise: str = ""
    where: tuple[tuple[str, str], ...] = ()
    outside: str = ""
    labels: tuple[LabelForm, ...] = ()
    own_table: bool = False

    @property
    def banded(self) -> dict[str, BandsForm]:
        """Bands by measure."""
        return {one.measure: one for one in self.bands}

    @property
    def given_labels(self) -> list[str]:
        """Every label that the table names, in its order."""
        said = [*(row.label for row in self.rows), self.otherwise, self.outside]
        return list(dict.fromkeys(one for one in said if one))


@dataclass(frozen=True)
class Written:
    """A text, read for its parts.

    Attributes:
        root: the text's own mapping. merged: with plugins' defaults in place.
    """

    root: Map
    merged: Map

    @classmethod
    def of(cls, text: str) -> Written:
        """Read a text.

        Raises:
            RulesError: it is no YAML; carries every fault.
        """
        document = read_document(text, FILE)
        if document.root is None or not document.sound:
            raise RulesError(document.faults)
        return cls(document.root, inherited(document.root, installed()))

    @cached_property
    def classifiers(self) -> dict[str, Map]:
        """Those that the text names, merged, in its order; what is no mapping is left out."""
        found = _map(self.merged.get("classifiers"))
        return {name: one for name, one in found.items() if isinstance(one, Map)}

    def own(self, name: str) -> Map:
        """What the text itself writes of a classifier."""
        return _map(_map(self.root.get("classifiers")).get(name))


def editing(text: str, name: str) -> Editing:
    """A classifier of rules as text, for a form.

    Raises:
        RulesError: the text is no YAML. KeyError: it has no such classifier.
    """
    written = Written.of(text)
    whole, own = written.classifiers[name], written.own(name)
    plugin = called_plugin(name, own)
    table = _map(whole.get("table"))
    bands = tuple(_bands(whole, own))
    rows = tuple(_rows(table))
    policy, order = _policy(table.get("hit_policy"))
    return Editing(
        name=name,
        plugin=plugin if plugin in installed().classifiers else None,
        enabled=whole.get("enabled") is not False,
        bands=bands,
        columns=_columns(bands, rows),
        rows=rows,
        policy=policy,
        order=order,
        otherwise=label_text(table.get("otherwise")),
        where=tuple((column, cell_text(cell)) for column, cell in _map(whole.get("where")).items()),
        outside=label_text(whole.get("outside")),
        labels=tuple(_labels(whole, own, plugin)),
        own_table="table" in own,
    )


def classifiers(text: str) -> dict[str, bool]:
    """The classifiers that a text names, and whether each runs.

    Raises:
        RulesError: the text is no YAML.
    """
    found = Written.of(text).classifiers
    return {name: one.get("enabled") is not False for name, one in found.items()}


def _map(value: Any) -> Map:
    return value if isinstance(value, Map) else Map(_NOWHERE)


def _bands(whole: Map, own: Map) -> Iterator[BandsForm]:
    for measure, given in _map(whole.get("bands")).items():
        one = _map(given)
        cuts, names = one.get("cuts"), one.get("names")
        yield BandsForm(
            measure,
            tuple(map(cut_form, cuts if isinstance(cuts, Items) else ())),
            tuple(map(label_text, names if isinstance(names, Items) else ())),
            label_text(one.get("closed")) or "left",
            label_text(one.get("ties")) or "value",
            label_text(one.get("duplicates")) or "keep",
            own=measure in _map(own.get("bands")),
        )


def _rows(table: Map) -> Iterator[RowForm]:
    rules = table.get("rules")
    for place, row in enumerate(rules if isinstance(rules, Items) else ()):
        one = _map(row)
        cells = {column: cell_text(cell) for column, cell in one.items() if column not in _ROW}
        yield RowForm(str(place), cells, label_text(one.get("label")), label_text(one.get("note")))


def _columns(bands: tuple[BandsForm, ...], rows: tuple[RowForm, ...]) -> tuple[str, ...]:
    banded = dict.fromkeys(one.measure for one in bands)
    return tuple(banded | {column: None for row in rows for column in row.cells})


def _policy(value: Any) -> tuple[str, tuple[str, ...]]:
    if not isinstance(value, Map) or not value:
        return label_text(value) or "first", ()
    kind, argument = next(iter(value.items()))
    if kind in ORDERED:
        return kind, tuple(map(label_text, argument if isinstance(argument, Items) else ()))
    return f"{kind}: {label_text(argument)}", ()


def _labels(whole: Map, own: Map, plugin: str | None) -> Iterator[LabelForm]:
    known = label_names(installed().classifiers.get(plugin or ""))
    infos, mine = _map(whole.get("labels")), _map(own.get("labels"))
    effects = _map(whole.get("effects"))
    table = _map(whole.get("table"))
    given = [*(row.label for row in _rows(table)), label_text(table.get("otherwise"))]
    for label in dict.fromkeys([*given, label_text(whole.get("outside")), *infos, *effects]):
        if label:
            info, moments = _map(infos.get(label)), _map(effects.get(label))
            names = _map(_map(mine.get(label)).get("name"))
            yield LabelForm(
                label,
                {language: label_text(name) for language, name in names.items()},
                known.get(label, {}),
                label_text(info.get("rank")),
                effects_text(moments.get("enter")),
                effects_text(moments.get("leave")),
            )
