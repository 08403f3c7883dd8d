"""Segments whose size moved more than the firm takes for usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.runs.basis import FULL, LANDED
from custrata.service.settings import settings
from custrata.store.models import Run

FEWEST = 10
"""So many customers have to come or go at least: from three to four is no news."""


@dataclass(frozen=True)
class Alert:
    """A segment that grew or shrank between two runs.

    Attributes:
        label: as text; None for those to whom the classifier gives none.
        share: by which share of what it was; None where it was empty.
    """

    classifier: str
    label: str | None
    before: int
    after: int

    @property
    def share(self) -> float | None:
        """Positive where it grew."""
        return (self.after - self.before) / self.before if self.before else None


def alerts(session: Session, run: Run) -> list[Alert]:
    """What moved since the run of everyone before this one, the greatest moves first.

    A classifier that the run before did not have says nothing.
    """
    before = run_before(session, run)
    if before is None or run.kind != FULL:
        return []
    most = settings(session).alert_share
    old, new = _sizes(before), _sizes(run)
    found = [
        Alert(name, label, old[name].get(label, 0), new[name].get(label, 0))
        for name in new
        if name in old
        for label in dict.fromkeys([*old[name], *new[name]])
    ]
    loud = [one for one in found if _is_loud(one, most)]
    return sorted(loud, key=_order)


def run_before(session: Session, run: Run) -> Run | None:
    """The run of everyone that landed before another."""
    earlier = (Run.as_of < run.as_of) | ((Run.as_of == run.as_of) & (Run.id < run.id))
    query = select(Run).where(Run.kind == FULL, Run.state == LANDED, earlier)
    return session.scalars(query.order_by(Run.as_of.desc(), Run.id.desc()).limit(1)).first()


def _sizes(run: Run) -> Mapping[str, Mapping[str | None, int]]:
    counts = run.counts or {}
    return {name: dict(map(tuple, rows)) for name, rows in counts.get("sizes", {}).items()}


def _is_loud(one: Alert, most: float) -> bool:
    moved = abs(one.after - one.before)
    return moved >= FEWEST and moved > most * one.before


def _order(one: Alert) -> tuple[int, str, str]:
    return -abs(one.after - one.before), one.classifier, one.label or ""
