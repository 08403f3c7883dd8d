"""What the rules say of whom to contact, and who is important."""

from __future__ import annotations

import json
from dataclasses import dataclass

from custrata.engine.model import Classifier, Ruleset
from custrata.service.registers.treatments import labels_of

_RANKED = 2
"""So many labels with a rank make a classifier tell who is important."""


_OVERLAY, _REMIND = "set_stage", "remind"


@dataclass(frozen=True)
class Reminder:
    """A label whose customers somebody is to see to.

    Attributes:
        overlay: whether it lays a stage over a customer's own; else its effect is `remind`.
        lists: whether its classifier gives several labels at once.
    """

    classifier: str
    label: str
    overlay: bool = True
    lists: bool = False

    @property
    def quoted(self) -> str:
        """How the label stands in the text of a list."""
        return json.dumps(self.label, ensure_ascii=False)


def reminders(rules: Ruleset) -> list[Reminder]:
    """The labels of these rules that, entered, lay a stage over a customer's own or remind."""
    return [
        Reminder(one.name, label, _OVERLAY in entered, one.policy.lists)
        for one in rules.classifiers
        for label, moments in one.effects.items()
        if (entered := {effect.name for effect in moments.get("enter", ())}) & {_OVERLAY, _REMIND}
    ]


def important(rules: Ruleset) -> Classifier | None:
    """The classifier that tells who is important: the first that ranks its labels."""
    reminding = {one.classifier for one in reminders(rules) if one.overlay}
    for one in rules.classifiers:
        ranks = [info for info in one.labels.values() if info.rank is not None]
        if one.name not in reminding and len(ranks) >= _RANKED and not one.policy.lists:
            return one
    return None


def by_rank(classifier: Classifier) -> list[str]:
    """All its labels, the best first, those without a rank last."""
    ranks = {label: info.rank for label, info in classifier.labels.items()}
    last = len(ranks) + 1
    return sorted(labels_of(classifier), key=lambda label: ranks.get(label) or last)
