"""What the rules say of whom to contact, and who is important."""

from __future__ import annotations

from dataclasses import dataclass

from custrata.engine.model import Classifier, Ruleset
from custrata.service.registers.treatments import labels_of

_RANKED = 2
"""So many labels with a rank make a classifier tell who is important."""


@dataclass(frozen=True)
class Reminder:
    """A label that lays a stage over a customer's own: someone is to see to her."""

    classifier: str
    label: str
    stage: str


def reminders(rules: Ruleset) -> list[Reminder]:
    """The labels of these rules that lay a stage over a customer's own."""
    return [
        Reminder(one.name, label, effect.argument)
        for one in rules.classifiers
        for label, moments in one.effects.items()
        for effect in moments.get("enter", ())
        if effect.name == "set_stage"
    ]


def important(rules: Ruleset) -> Classifier | None:
    """The classifier that tells who is important: the first that ranks its labels."""
    reminding = {one.classifier for one in reminders(rules)}
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
