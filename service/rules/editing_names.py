"""What the ids in a classifier's form are called, whether or not its rules are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata import Engine
from custrata.service.names import Names
from custrata.service.rules.editing import Editing
from custrata.service.rules.editing_cells import split
from custrata.service.rules.versions import installed


class FormNames:
    """Names in one language: of the form's own labels, of its plugin's parts, of measures."""

    def __init__(self, form: Editing, engine: Engine, language: str):
        """Args: engine: rules that can be read; measures have their names and units from it."""
        self._form = form
        self._names = Names(engine, language)
        self._language = language
        self._labels = {one.label: one for one in form.labels}
        plugin = installed().classifiers.get(form.plugin or "")
        self._strings: Mapping[str, Any] = plugin.strings.get(language, {}) if plugin else {}

    @property
    def classifier(self) -> str:
        """The name of the classifier."""
        return str(self._strings.get("name", self._form.name))

    def label(self, label: str) -> str:
        """The name of a label."""
        known = self._labels.get(label)
        own = known.names.get(self._language) if known else None
        return str(own or self._strings.get("labels", {}).get(label, label))

    def measure(self, measure: str) -> str:
        """The name of a column."""
        return self._names.measure(measure)

    def unit(self, measure: str) -> str:
        """The unit of a measure, empty where it is not known."""
        return self._names.unit(measure)

    def cell(self, column: str, text: str) -> str:
        """What the parts of a typed cell are called; empty where they have no other names."""
        parts = [part.strip() for part in split(text)]
        told = [self.band(column, part) for part in parts]
        return ", ".join(told) if told != parts else ""

    def band(self, measure: str, band: str) -> str:
        """The name of a band."""
        own = self._strings.get("bands", {}).get(measure, {})
        return str(own.get(band) or self._names.shared_band(band))
