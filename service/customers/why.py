"""Why a customer has her labels, and what comes, in the words of who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from custrata.service.customers.coming import coming
from custrata.service.customers.profile import each_label
from custrata.service.desk import Desk
from custrata.service.explaining import Told, Tongue, kept_by, label_name, told
from custrata.service.names import Names
from custrata.service.rules.versions import engine_of, version
from custrata.service.runs.basis import last_full
from custrata.service.runs.reasons import reasons


@dataclass(frozen=True)
class Why:
    """All explanations of a customer, in the order of the rules.

    Attributes:
        as_of: the day of her labels. version: of the rules.
    """

    as_of: date
    version: int
    told: tuple[Told, ...]


@dataclass(frozen=True)
class Ahead:
    """A label that changes by itself, in words.

    Attributes:
        day: from which on. kept_by: what has to happen before it for the label to stay; None
            where nobody can do anything.
    """

    classifier: str
    name: str
    was: str
    label: str
    day: date
    kept_by: str | None


def why(desk: Desk, customer_id: str, language: str, tongue: Tongue) -> Why:
    """Why she has her labels, by the rules of the last run.

    Raises:
        StoreError: there is no such customer, or no run has landed yet (`no-run`).
    """
    found = reasons(desk, customer_id)
    with desk.database.read() as session:
        engine = engine_of(version(session, found.version))
    names, tables = Names(engine, language), {one.name: one for one in engine.ruleset.classifiers}
    words = (told(tables[one["classifier"]], one, names, tongue) for one in found.explanations)
    return Why(found.as_of, found.version, tuple(words))


def ahead(desk: Desk, customer_id: str, language: str, tongue: Tongue) -> tuple[Ahead, ...]:
    """Which of her labels change by themselves within a year, the soonest first.

    Raises:
        StoreError: there is no such customer.
    """
    changes = coming(desk, customer_id)
    with desk.database.read() as session:
        last = last_full(session)
        engine = engine_of(version(session, last.version)) if last else None
    if engine is None:
        return ()
    names = Names(engine, language)
    return tuple(
        Ahead(
            one.classifier,
            names.classifier(one.classifier),
            label_name(names, one.classifier, list(each_label(one.was))),
            label_name(names, one.classifier, list(each_label(one.label))),
            one.day,
            kept_by(one.measures, one.day, tongue),
        )
        for one in changes
    )
