"""How many customers rose and fell between the labels that tell who is important."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from custrata.engine.model import Ruleset
from custrata.service.figures.reminders import important
from custrata.service.runs.basis import FULL, LANDED, SINGLE
from custrata.service.sales.fallen import ranks
from custrata.service.sales.scope import Scope
from custrata.store.models import Customer, LabelChange, Run

_FIRST = "first"
_LARGEST = 8
Row = tuple[str | None, str | None, int]


@dataclass(frozen=True)
class Moves:
    """Moves between the labels of the classifier that ranks customers.

    Attributes:
        rose, fell: moves to a better label, and to a worse one or none.
        largest: from which label to which how many went, the most first.
    """

    classifier: str
    rose: int
    fell: int
    largest: tuple[Row, ...]


def moves(session: Session, rules: Ruleset, scope: Scope, since: date, until: date) -> Moves | None:
    """Moves between two days, both taken in; who rose and fell again did both.

    Of the firm they are counted off its runs, of some people's customers off what the same runs
    left in the history: those of customers who are theirs now. Changes that came with a contact or
    a sale are runs of a few customers, and count; those of a past that was filled in do not.

    Returns:
        None where the rules rank nobody.
    """
    classifier = important(rules)
    if classifier is None:
        return None
    if scope.owners is None:
        rows = _of_runs(session, classifier.name, since, until)
    else:
        rows = _of_history(session, classifier.name, scope.owners, since, until)
    sums: dict[tuple[str | None, str | None], int] = {}
    for was, label, count in rows:
        sums[was, label] = sums.get((was, label), 0) + count
    known = ranks(classifier)
    worst = max(known.values()) + 1
    steps = [
        (known.get(label or "", worst) - known.get(was or "", worst), count)
        for (was, label), count in sums.items()
    ]
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return Moves(
        classifier.name,
        rose=sum(count for step, count in steps if step < 0),
        fell=sum(count for step, count in steps if step > 0),
        largest=tuple((*pair, count) for pair, count in ordered[:_LARGEST]),
    )


def _of_runs(session: Session, classifier: str, since: date, until: date) -> Iterable[Row]:
    for counts in session.scalars(select(Run.counts).where(*_present(since, until))):
        for name, was, label, why, customers in (counts or {}).get("flows", ()):
            if name == classifier and why != _FIRST:
                yield was, label, customers


def _present(since: date, until: date) -> tuple[ColumnElement[bool], ...]:
    """The runs of what was present then."""
    return (
        Run.kind.in_((FULL, SINGLE)),
        Run.state == LANDED,
        Run.as_of.between(since, until),
    )


def _of_history(
    session: Session, classifier: str, owners: Iterable[str], since: date, until: date
) -> Iterable[Row]:
    own = select(Customer.customer_id).where(Customer.owner.in_(owners))
    keys = (LabelChange.was, LabelChange.label)
    query = select(*keys, func.count()).where(
        LabelChange.customer_id.in_(own),
        LabelChange.classifier == classifier,
        LabelChange.valid_from.between(since, until),
        LabelChange.why != _FIRST,
        LabelChange.run_id.in_(select(Run.id).where(*_present(since, until))),
    )
    rows = session.execute(query.group_by(*keys))
    return [(was, label, count) for was, label, count in rows]
