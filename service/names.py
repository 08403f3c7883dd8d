"""What ids are called in a language: classifiers, labels, measures, bands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from custrata import Engine

LABEL = "label."
"""Before the name of a classifier: the column of its label."""


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

    def noted(self, classifier: str, note: str) -> str:
        """What a row says to do: a plugin's own words in the language, any others as written."""
        return str(self._strings(classifier).get("notes", {}).get(note, note))

    def measure(self, measure: str) -> str:
        """The name of a measure, the engine's or a plugin's; of a label, that of its classifier."""
        read = self._read(measure)
        return self.classifier(read) if read else str(self._measures.get(measure, measure))

    def value(self, measure: str, value: str) -> str:
        """The name of a text that a measure has: of a label, of a value that everybody knows."""
        read = self._read(measure)
        if read:
            return self.label(read, value)
        return str(self._shared.get("values", {}).get(measure, {}).get(value, value))

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

    def _read(self, measure: str) -> str | None:
        """The classifier whose label a measure is."""
        name = measure.removeprefix(LABEL)
        return name if name != measure and name in self._classifiers else None

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
