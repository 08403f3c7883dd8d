"""What follows transitions: stages laid over and lifted, groups, and what goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from custrata.engine.model import Effect, Ruleset

_OVERLAYS = ("set_stage", "restore_stage")
_GROUPS = ("add_to_group", "remove_from_group")
_LISTED = "remind"
"""Puts on the list of the day, which reads labels; nothing goes out."""
RULES = "rules"
"""Why a label changed, where new rules alone changed it."""


@dataclass(frozen=True)
class Overlay:
    """A stage laid over a customer's own (`stage` set), or lifted (None), by a classifier.

    Attributes:
        label: the label that led to it.
    """

    customer_id: str
    classifier: str
    stage: str | None
    label: str | None = None


@dataclass(frozen=True)
class Move:
    """A customer into a group, or out of it, by a classifier."""

    customer_id: str
    classifier: str
    group: str
    into: bool


@dataclass(frozen=True)
class Sending:
    """Something that goes out: a webhook, or what a plugin brings."""

    customer_id: str
    kind: str
    target: str | None
    payload: Mapping[str, Any]


@dataclass
class Effects:
    """All that follows, in the order in which it came about."""

    overlays: list[Overlay] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)


@dataclass(frozen=True)
class Outward:
    """What may leave the house.

    Attributes:
        classifiers: those whose effects may.
        rules: whether also effects of what new rules changed, and nothing else did.
    """

    classifiers: frozenset[str]
    rules: bool

    def lets(self, classifier: str, why: str) -> bool:
        """Whether the effects of such a transition may."""
        return classifier in self.classifiers and (self.rules or why != RULES)


def effects_of(moved: pl.DataFrame, ruleset: Ruleset, outward: Outward) -> Effects:
    """The effects of transitions.

    Args:
        moved: a frame of transitions, see `labels.SCHEMA`.
        outward: which effects may leave the house.
    """
    found = Effects()
    for one in ruleset.classifiers:
        if one.effects:
            own = moved.filter(pl.col("classifier") == one.name)
            for row in own.sort("customer_id").iter_rows(named=True):
                for effect in _of(one.effects, row):
                    _add(found, effect, row, outward.lets(one.name, row["why"]))
    return found


def _of(effects: Mapping[str, Mapping[str, tuple[Effect, ...]]], row: Any) -> Iterator[Effect]:
    """First what follows leaving, then what follows entering."""
    left, entered = labels_of(row["was"]), labels_of(row["label"])
    for label in sorted(left - entered):
        yield from effects.get(label, {}).get("leave", ())
    for label in sorted(entered - left):
        yield from effects.get(label, {}).get("enter", ())


def labels_of(text: str | None) -> frozenset[str]:
    """The labels of a result: one, or those of a list."""
    if text is None:
        return frozenset()
    if text.startswith("["):
        try:
            return frozenset(str(one) for one in json.loads(text))
        except ValueError:
            pass
    return frozenset((text,))


def _add(found: Effects, effect: Effect, row: Any, outward: bool) -> None:
    customer, classifier = row["customer_id"], row["classifier"]
    if effect.name in _OVERLAYS:
        found.overlays.append(Overlay(customer, classifier, effect.argument, row["label"]))
    elif effect.name in _GROUPS:
        into = effect.name == "add_to_group"
        found.moves.append(Move(customer, classifier, effect.argument, into))
    elif outward and effect.name != _LISTED:
        payload = {
            "customer_id": customer,
            "classifier": classifier,
            "from": row["was"],
            "to": row["label"],
            "why": row["why"],
            "argument": effect.argument,
        }
        target = effect.argument if effect.name == "webhook" else None
        found.sendings.append(Sending(customer, effect.name, target, payload))
