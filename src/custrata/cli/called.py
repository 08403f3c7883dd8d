"""Labels as people call them, where a store holds their ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custrata.service.desk import Desk
    from custrata.service.names import Names


class Called:
    """The names of the rules in force; what these no longer have is called by its id."""

    def __init__(self, names: Names, classifiers: frozenset[str]):
        self._names, self._known = names, classifiers

    def classifier(self, classifier: str) -> str:
        """The name of a classifier."""
        return self._names.classifier(classifier) if classifier in self._known else classifier

    def label(self, classifier: str, text: str | None) -> str:
        """The names of a label, or of a list of them; `-` for none."""
        labels = _listed(text)
        if classifier in self._known:
            labels = [self._names.label(classifier, one) for one in labels]
        return ", ".join(labels) or "-"


def called(desk: Desk) -> Called:
    """By the rules in force."""
    from custrata.service.names import Names
    from custrata.service.rules.versions import current, engine_of

    with desk.database.read() as session:
        engine = engine_of(current(session))
    known = frozenset(one.name for one in engine.ruleset.classifiers)
    return Called(Names(engine), known)


def _listed(text: str | None) -> list[str]:
    if text is None:
        return []
    try:
        found = json.loads(text) if text.startswith("[") else [text]
    except ValueError:
        found = [text]
    return [str(one) for one in found]
