"""Key customers who fell in the last run, and moves between the labels that rank customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.model import Classifier, Ruleset
from custrata.service.figures.reminders import important
from custrata.service.runs.basis import LANDED, last_full
from custrata.service.sales.scope import Scope
from custrata.service.sales.waiting import Found, Who
from custrata.store.models import Customer, LabelChange, LabelNow, Run

HEAD = "pareto"
"""The classifier that parts the few who bring most from the others."""
MOST = 500
_OWN = ("facts", "day", "calibration")
"""Reasons of a change that lie with customers, not with rules."""


@dataclass(frozen=True)
class Fallen:
    """A customer who was one of the best, and is less now.

    Attributes:
        was, label: what the classifier called her, and calls her now.
    """

    who: Who
    classifier: str
    was: str
    label: str | None
    why: str


def ranking(rules: Ruleset) -> list[Classifier]:
    """The classifiers that tell who is important: the first that ranks, and the few and many."""
    first = important(rules)
    head = [one for one in rules.classifiers if one.name == HEAD and one is not first]
    return ([first] if first else []) + [one for one in head if ranks(one)]


def ranks(classifier: Classifier) -> Mapping[str, int]:
    """Its labels that have a rank; 1 is best."""
    return {name: one.rank for name, one in classifier.labels.items() if one.rank is not None}


def key_labels(classifier: Classifier) -> list[str]:
    """Those of its labels that lie in the upper half of the ranks."""
    known = ranks(classifier)
    half = max(known.values(), default=0) / 2
    return sorted((one for one, rank in known.items() if rank <= half), key=lambda one: known[one])


def fallen(session: Session, rules: Ruleset, scope: Scope) -> Found[Fallen]:
    """Who fell on the last day that was classified, the most important first; each once.

    Who fell and rose again by now is left out.
    """
    last = last_full(session)
    if last is None:
        return Found()
    rows: dict[str, tuple[int, Fallen]] = {}
    whole = True
    for classifier in ranking(rules):
        found = _changes(session, classifier, last.as_of, scope)
        whole = whole and len(found) < MOST
        known = ranks(classifier)
        worst = max(known.values()) + 1
        for one in found:
            was, now = known[one.was], known.get(one.label or "", worst)
            if now > was:
                rows.setdefault(one.who.customer_id, (was, one))
    ordered = [one for _, one in sorted(rows.values(), key=lambda pair: pair[0])]
    return Found(len(ordered), tuple(ordered), more=not whole)


def _changes(session: Session, classifier: Classifier, day: date, scope: Scope) -> list[Fallen]:
    """Changes away from its best labels in the runs of a day, as far as they still hold."""
    runs = select(Run.id).where(Run.state == LANDED, Run.as_of >= day)
    columns = (Customer.customer_id, Customer.name, Customer.owner)
    query = (
        select(*columns, LabelChange.was, LabelNow.label, LabelChange.why)
        .join(Customer, Customer.customer_id == LabelChange.customer_id)
        .join(
            LabelNow,
            (LabelNow.customer_id == LabelChange.customer_id)
            & (LabelNow.classifier == LabelChange.classifier),
        )
        .where(
            LabelChange.run_id.in_(runs),
            LabelChange.classifier == classifier.name,
            LabelChange.was.in_(key_labels(classifier)),
            LabelChange.why.in_(_OWN),
        )
    )
    if scope.owners is not None:
        query = query.where(Customer.owner.in_(scope.owners))
    rows = session.execute(query.order_by(LabelChange.recorded_at).limit(MOST))
    return [
        Fallen(Who(who, name, owner), classifier.name, was or "", label, why)
        for who, name, owner, was, label, why in rows
    ]
