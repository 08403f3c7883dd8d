"""What a classifier takes over from its plugin, part by part.

Bands merge key by key, labels by label and language, lists are replaced whole. Whoever
brings a table inherits nothing; the names of labels come later, by `label_names`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from custrata.engine.rules.document import Map

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
    for name, own in classifiers.items():
        marks = classifiers.keys_at[name], classifiers.values_at[name]
        given = Map(marks[1]) if own is None else own
        whole.put(name, _effective(name, given, plugins), *marks)
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


def _effective(name: str, own: Any, plugins: Plugins) -> Any:
    plugin = plugin_of(name, own, plugins)
    if plugin is None or not isinstance(own, Map) or "table" in own:
        return own
    merged = Map(own.mark)
    merged.copy_from(plugin.defaults, plugin.defaults)
    for key in own:
        base, over = plugin.defaults.get(key), own[key]
        value = overlay(base, over, _DEPTH.get(key, 0))
        merged.put(key, value, own.keys_at[key], own.values_at[key])
    return merged


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
