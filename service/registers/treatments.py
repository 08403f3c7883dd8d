"""Treatments: what to do with customers of a label."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.model import Classifier
from custrata.engine.values import spelling
from custrata.service import audit
from custrata.service.desk import Desk
from custrata.service.registers.entries import unknown
from custrata.service.rules.versions import current, engine_of
from custrata.service.values import prose, wrong
from custrata.store.models import Treatment

_MOST = 1_000_000_000


def treatments(session: Session) -> list[Treatment]:
    """All treatments, by classifier and label."""
    return list(session.scalars(select(Treatment).order_by(Treatment.classifier, Treatment.label)))


def set_treatment(
    desk: Desk,
    classifier: str,
    label: str,
    offer: str | None = None,
    points: int | None = None,
    contact_every_days: int | None = None,
    note: str | None = None,
) -> None:
    """Say what to do with customers of a label; it replaces what was said before.

    Args:
        points: 0 or more. contact_every_days: 1 or more.

    Raises:
        DataError: a value that cannot be, or nothing is said.
        StoreError: the rules in force have no such classifier or label.
    """
    _check("points", points, least=0)
    _check("contact_every_days", contact_every_days, least=1)
    values = {
        "offer": prose("offer", offer),
        "points": points,
        "contact_every_days": contact_every_days,
        "note": prose("note", note),
    }
    if not any(value is not None for value in values.values()):
        raise wrong(
            "treatment-empty", "the treatment says nothing", "an offer, points, days, a note"
        )
    with desk.database.write() as session:
        _check_label(session, classifier, label)
        row = Treatment(classifier=classifier, label=label, by=desk.by, at=desk.now(), **values)
        session.merge(row)
        audit.note(session, desk, "treatment.set", "treatment", f"{classifier}.{label}")


def clear_treatment(desk: Desk, classifier: str, label: str) -> None:
    """Say nothing any more about a label.

    Raises:
        StoreError: there is nothing said about it.
    """
    with desk.database.write() as session:
        row = session.get(Treatment, (classifier, label))
        if row is None:
            known = [f"{one.classifier}.{one.label}" for one in treatments(session)]
            raise unknown("treatment", f"{classifier}.{label}", known)
        session.delete(row)
        audit.note(session, desk, "treatment.clear", "treatment", f"{classifier}.{label}")


def labels_of(classifier: Classifier) -> list[str]:
    """Every label that a classifier can give, best known first."""
    given = [rule.label for rule in classifier.rules]
    last = [one for one in (classifier.otherwise, classifier.outside) if one is not None]
    return list(dict.fromkeys([*map(spelling, given), *map(spelling, last), *classifier.labels]))


def _check_label(session: Session, classifier: str, label: str) -> None:
    rules = engine_of(current(session)).ruleset
    known = {one.name: one for one in rules.classifiers}
    if classifier not in known:
        raise unknown("classifier", classifier, list(known))
    if label not in labels_of(known[classifier]):
        raise unknown("label", label, labels_of(known[classifier]))


def _check(name: str, value: int | None, least: int) -> None:
    if value is not None and not least <= value <= _MOST:
        raise wrong("treatment-number", f"{name} is {value:,}", f"{least} to {_MOST:,}")
