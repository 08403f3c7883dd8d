"""All that the first page asks: figures of the last run, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from custrata.service.figures.alerts import Alert, alerts
from custrata.service.figures.kept import Figures, figures_of, latest, over_time
from custrata.service.figures.today import ToContact, Waiting, has_customers, to_contact, waiting
from custrata.service.registers.stages import stages
from custrata.service.runs.basis import last_full
from custrata.service.settings import settings
from custrata.store.models import Run, Stage

_CONTACTS = 8


@dataclass(frozen=True)
class Contacts:
    """Customers to contact today.

    Attributes:
        mine: whether they are only those whose owner asks. has_own: whether there are such.
    """

    found: Sequence[ToContact]
    mine: bool
    has_own: bool


@dataclass(frozen=True)
class Last:
    """What the last run of everyone found.

    Attributes:
        trend: the figures `everyone` of the runs whose figures are kept, with their days.
        largest_share: from which share of revenue on a single customer is an alarm.
    """

    run: Run
    figures: Figures
    alerts: Sequence[Alert]
    trend: Sequence[tuple[date, Any]]
    stages: Sequence[Stage]
    largest_share: float


@dataclass(frozen=True)
class Morning:
    """What there is to see and to do today.

    Attributes:
        last: None where no run has landed.
    """

    waiting: Waiting
    contacts: Contacts
    has_customers: bool
    last: Last | None


def morning(
    session: Session, login: str, role: str, *, everyone: bool = False, day: date | None = None
) -> Morning:
    """What somebody finds in the morning; see `contacts` for `everyone`."""
    return Morning(
        waiting=waiting(session, login, role),
        contacts=contacts(session, login, everyone=everyone, limit=_CONTACTS, day=day),
        has_customers=has_customers(session),
        last=_last(session),
    )


def contacts(
    session: Session, login: str, *, everyone: bool, limit: int, day: date | None = None
) -> Contacts:
    """Whom somebody is to contact: her own customers where she has any, else everyone's.

    Args:
        everyone: take everyone's in any case.
        limit: how many at most.
        day: the day that it is: leaves out who was postponed to a later one.
    """
    own = to_contact(session, login, limit, day=day)
    mine = bool(own) and not everyone
    return Contacts(own if mine else everyones(session, limit, day), mine, bool(own))


def everyones(session: Session, limit: int, day: date | None = None) -> list[ToContact]:
    """Whom to contact of everyone's customers; see `to_contact`."""
    figures = latest(session)
    counted = None if figures is None else figures.get("reminded")
    return to_contact(session, limit=limit, counted=counted, day=day)


def _last(session: Session) -> Last | None:
    run = last_full(session)
    if run is None:
        return None
    return Last(
        run=run,
        figures=figures_of(session, run),
        alerts=alerts(session, run),
        trend=over_time(session, "everyone"),
        stages=stages(session),
        largest_share=settings(session).largest_share,
    )
