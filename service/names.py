"""What ids are called in a language: classifiers, labels, measures, bands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from custrata import Engine


class Names:
    """The names that the rules and their plugins give; an id that has none is its own name."""

    def __init__(self, engine: Engine, language: str = "en"):
        self._engine = engine
        self._language = language

    def classifier(self, classifier: str) -> str:
        """The name of a classifier."""
        return str(self._strings(classifier).get("name", classifier))

    def label(self, classifier: str, label: str) -> str:
        """The name of a label: as the rules say, else as the plugin does."""
        info = self._classifiers[classifier].labels.get(label)
        named = info.names.get(self._language) if info else None
        return str(named or self._strings(classifier).get("labels", {}).get(label, label))

    def measure(self, measure: str) -> str:
        """The name of a measure: the engine's, or one that a plugin brings."""
        return str(self._measures.get(measure, measure))

    def unit(self, measure: str) -> str:
        """The unit of a measure, empty where it is not known."""
        use = self._engine.ruleset.measures.get(measure)
        declared = self._engine.plugins.measures.get((use and use.measure) or measure)
        return declared.unit if declared else ""

    def band(self, classifier: str, measure: str, band: str) -> str:
        """The name of a band of a measure."""
        own = self._strings(classifier).get("bands", {}).get(measure, {})
        return str(own.get(band) or self.shared_band(band))

    def shared_band(self, band: str) -> str:
        """The name that a band has wherever nobody names it otherwise."""
        return str(self._shared.get("bands", {}).get(band, band))

    @cached_property
    def _classifiers(self) -> dict[str, Any]:
        return {one.name: one for one in self._engine.ruleset.classifiers}

    @cached_property
    def _measures(self) -> dict[str, str]:
        plugins = self._engine.plugins.classifiers.values()
        strings = [*(one.strings.get(self._language, {}) for one in plugins), self._shared]
        return {name: text for one in strings for name, text in one.get("measures", {}).items()}

    @property
    def _shared(self) -> Mapping[str, Any]:
        return _engine_strings(self._language)

    def _strings(self, classifier: str) -> Mapping[str, Any]:
        name = self._classifiers[classifier].plugin
        plugin = self._engine.plugins.classifiers.get(name) if name else None
        return plugin.strings.get(self._language, {}) if plugin else {}


@cache
def _engine_strings(language: str) -> Mapping[str, Any]:
    """The engine's own strings; a page asks for them several times, and reading them takes long."""
    folder = files("custrata") / "engine" / "measures" / "strings"
    text = (folder / f"{language}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found
