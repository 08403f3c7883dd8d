"""What labels and classifiers of some version of the rules are called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from math import inf

from custrata import Engine
from custrata.admin.here import store
from custrata.admin.language import NONE, language
from custrata.engine.model import Classifier
from custrata.service.names import Names
from custrata.service.rules.versions import engine_of, version


class Called:
    """Names by the first of several rulesets that knows an id; else the id itself."""

    def __init__(self, engines: Iterable[Engine]):
        self._engines = tuple(engines)

    @classmethod
    def of_version(cls, number: int) -> Called:
        """Names as a version of the rules gave them."""
        with store().database.read() as session:
            return cls([engine_of(version(session, number))])

    def classifier(self, name: str) -> str:
        """The name of a classifier."""
        found = self._names(name)
        return found.classifier(name) if found else name

    def label(self, classifier: str, label: str | None) -> str:
        """The name of a result: of a label, of each of a list, or of none."""
        if label is None:
            return NONE
        return ", ".join(self._label(classifier, one) for one in _parts(label)) or NONE

    def ranked(self, classifier: str, labels: Iterable[str | None]) -> list[str | None]:
        """Labels, the best first; those without a rank after them, none at the end."""
        table = next((one for one in self._tables() if one.name == classifier), None)
        ranks = {name: info.rank for name, info in table.labels.items()} if table else {}

        def order(label: str | None) -> tuple[bool, float, str]:
            return label is None, ranks.get(label or "") or inf, label or ""

        return sorted(labels, key=order)

    def _tables(self) -> Iterator[Classifier]:
        for engine in self._engines:
            yield from engine.ruleset.classifiers

    def _label(self, classifier: str, label: str) -> str:
        found = self._names(classifier)
        return found.label(classifier, label) if found else label

    def _names(self, classifier: str) -> Names | None:
        for engine in self._engines:
            if any(one.name == classifier for one in engine.ruleset.classifiers):
                return Names(engine, language())
        return None


def _parts(label: str) -> list[str]:
    """The labels of a result, in its order."""
    if label.startswith("["):
        try:
            return [str(one) for one in json.loads(label)]
        except ValueError:
            pass
    return [label]
