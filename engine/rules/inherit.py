"""What a classifier takes over from its plugin, part by part.

Bands merge key by key, labels by label and language, lists are replaced whole. Whoever
brings a table inherits nothing; the names of labels come later, by `label_names`. A plugin's
rows may read classifiers that the rules do not have: those rows are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from custrata.engine.rules.document import Items, Map
from custrata.engine.rules.schema import REFERENCES

if TYPE_CHECKING:
    from custrata.engine.plugins import ClassifierPlugin, Plugins

_DEPTH = {"bands": 2, "labels": 3, "parameters": 1}
"""So many levels of mappings merge; all else is replaced whole."""


def inherited(root: Map, plugins: Plugins) -> Map:
    """A rules file with its plugins' defaults in place."""
    classifiers = root.get("classifiers")
    if not isinstance(classifiers, Map):
        return root
    whole = Map(classifiers.mark)
    running = {name for name, own in classifiers.items() if _runs(own)}
    for name, own in classifiers.items():
        marks = classifiers.keys_at[name], classifiers.values_at[name]
        given = Map(marks[1]) if own is None else own
        whole.put(name, _effective(name, given, plugins, running), *marks)
    result = root.without("classifiers")
    result.put("classifiers", whole, root.keys_at["classifiers"], root.values_at["classifiers"])
    return result


def plugin_of(name: str, own: Any, plugins: Plugins) -> ClassifierPlugin | None:
    """The plugin that a classifier is an instance of."""
    called = called_plugin(name, own)
    return None if called is None else plugins.classifiers.get(called)


def called_plugin(name: str, own: Any) -> str | None:
    """The name of the plugin that a classifier asks for; None where it is no name."""
    called = own.get("plugin", name) if isinstance(own, Map) else name
    return called if isinstance(called, str) else None


def label_names(plugin: ClassifierPlugin | None) -> Mapping[str, Mapping[str, str]]:
    """What a plugin calls its labels, by label and language."""
    names: dict[str, dict[str, str]] = {}
    if plugin is None:
        return names
    for language, strings in plugin.strings.items():
        for label, text in strings.get("labels", {}).items():
            names.setdefault(label, {})[language] = text
    for label, known in (plugin.defaults.get("labels") or {}).items():
        names.setdefault(label, {}).update((known or {}).get("name", {}))
    return names


def _effective(name: str, own: Any, plugins: Plugins, running: Collection[str]) -> Any:
    plugin = plugin_of(name, own, plugins)
    if plugin is None or not isinstance(own, Map) or "table" in own:
        return own
    merged = Map(own.mark)
    merged.copy_from(plugin.defaults, plugin.defaults)
    table = plugin.defaults.get("table")
    if isinstance(table, Map):
        marks = plugin.defaults.keys_at["table"], plugin.defaults.values_at["table"]
        merged.put("table", _readable(table, running), *marks)
    for key in own:
        base, over = plugin.defaults.get(key), own[key]
        value = overlay(base, over, _DEPTH.get(key, 0))
        merged.put(key, value, own.keys_at[key], own.values_at[key])
    return merged


def _runs(own: Any) -> bool:
    return not (isinstance(own, Map) and own.get("enabled") is False)


def _readable(table: Map, running: Collection[str]) -> Map:
    """A plugin's table without rows that read results which these rules do not bring.

    What reads a result that nobody has could never hit; in a table of one's own it is a fault.
    """
    rows = table.get("rules")
    if not isinstance(rows, Items) or all(_reads_only(row, running) for row in rows):
        return table
    left = Items(rows.mark)
    for row, mark in zip(rows, rows.items_at, strict=True):
        if _reads_only(row, running):
            left.put(row, mark)
    found = table.without()
    found.put("rules", left, table.keys_at["rules"], table.values_at["rules"])
    return found


def _reads_only(row: Any, running: Collection[str]) -> bool:
    """Whether a row reads no results but of these classifiers."""
    columns = row if isinstance(row, Map) else ()
    return all(
        column.partition(".")[2] in running for column in columns if column.startswith(REFERENCES)
    )


def overlay(base: Any, over: Any, depth: int) -> Any:
    """`over` laid on `base`, mappings merged down to a depth."""
    if depth == 0 or not isinstance(base, Map) or not isinstance(over, Map):
        return over
    merged = Map(over.mark)
    merged.copy_from(base, base)
    for key in over:
        value = overlay(base.get(key), over[key], depth - 1)
        merged.put(key, value, over.keys_at[key], over.values_at[key])
    return merged
