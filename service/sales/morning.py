"""What a salesperson, or who leads some, finds in the morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.calendar.times import end_of
from custrata.service.customers.cases import NOBODY, Sought, cases
from custrata.service.customers.feedback import COMPLAINT
from custrata.service.figures.kept import Figures, latest
from custrata.service.registers.staff import names_of_staff
from custrata.service.registers.targets import goal_of
from custrata.service.rules.versions import current, engine_of
from custrata.service.sales import waiting
from custrata.service.sales.efforts import Efforts, efforts, together
from custrata.service.sales.fallen import Fallen, fallen
from custrata.service.sales.scope import MINE, Scope
from custrata.service.sales.takings import Takings, by_owner, sellers, takings, target_sum, targets
from custrata.service.sales.waiting import Birthday, Deal, Found, Lead, Who
from custrata.store.models import ClosedDay, Customer, Feedback, Target

_MOST = 200
"""Overdue complaints that are counted one by one, of somebody's and of nobody's."""


@dataclass(frozen=True)
class Month:
    """How a month goes, up to the run's day.

    Attributes:
        brought: None where the last run was in another month.
        target: of the whole month; None where nobody has one.
        gone: the share of the month's open days that is over with the run's day.
    """

    first: date
    as_of: date | None
    brought: Takings | None
    target: Decimal | None
    gone: Fraction

    @property
    def reached(self) -> Fraction | None:
        """Which share of the target is there; None where there is none."""
        if self.brought is None or not self.target:
            return None
        return Fraction(self.brought.revenue) / Fraction(self.target)

    @property
    def on_its_way(self) -> bool | None:
        """Whether as much of the target is there as of the open days."""
        return None if self.reached is None else self.reached >= self.gone


@dataclass(frozen=True)
class Effort:
    """Calls and visits of a time, against the plan.

    Attributes:
        calls_planned: the share of the months' calls that falls on these days; None without a plan.
    """

    since: date
    until: date
    done: Efforts
    calls_planned: Fraction | None


@dataclass(frozen=True)
class Person:
    """How a salesperson's month goes; `owner` None are nobody's customers.

    Attributes:
        brought, target: of the month that it is, as of everyone together; `brought` None where
            the last run was before it. month: efforts of the month of the last open day.
    """

    owner: str | None
    name: str | None
    brought: Takings | None
    target: Decimal | None
    yesterday: Efforts
    month: Efforts


@dataclass(frozen=True)
class Complaint:
    """A complaint that is overdue. `owner`: who is to see to it."""

    who: Who
    owner: str | None
    due_at: datetime


@dataclass(frozen=True)
class Lacking:
    """How many customers lack what is needed; `owner` is None where only one's own are meant."""

    owner: int | None
    source: int
    phone: int


@dataclass(frozen=True)
class Morning:
    """All of it, of one scope.

    Attributes:
        as_of: of the last run; None where none has landed, and then lists are empty.
        yesterday: the last open day before today.
        people: by revenue; empty where it is about one alone.
        lacking: None where no run said.
    """

    scope: Scope
    today: date
    as_of: date | None
    month: Month
    yesterday: Effort
    so_far: Effort
    people: tuple[Person, ...]
    leads: Found[Lead]
    stalled: Found[Deal]
    closing: Found[Deal]
    fallen: Found[Fallen]
    complaints: Found[Complaint]
    birthdays: Found[Birthday]
    lacking: Lacking | None


def morning(session: Session, scope: Scope, now: datetime) -> Morning:
    """What is to be known in the morning of a scope's customers.

    Args:
        now: the present moment, aware.
    """
    rules = engine_of(current(session)).ruleset
    zone = ZoneInfo(rules.time_zone)
    today = now.astimezone(zone).date()
    figures = latest(session) or Figures(0, date.min, 0, {})
    known = figures.run_id > 0
    plan = _Plan(session, figures, scope, today, zone)
    return Morning(
        scope=scope,
        today=today,
        as_of=figures.as_of if known else None,
        month=_month(session, scope, figures, today),
        yesterday=plan.effort(plan.yesterday, plan.of_day),
        so_far=plan.effort(plan.first, plan.of_month),
        people=_people(session, figures, plan, today) if scope.name != MINE else (),
        leads=waiting.leads(session, figures, scope, now),
        stalled=waiting.stalled(session, scope, now),
        closing=waiting.closing(session, scope, today, now),
        fallen=fallen(session, rules, scope),
        complaints=_complaints(session, scope, now),
        birthdays=waiting.birthdays(session, figures, scope, today),
        lacking=_lacking(figures, scope),
    )


def open_days(session: Session, since: date, until: date) -> int:
    """Days between two, both taken in, that are not closed."""
    closed = select(ClosedDay.day).where(ClosedDay.day.between(since, until))
    return max(0, (until - since).days + 1) - len(session.scalars(closed).all())


class _Plan:
    """What was to be done, and was: of the day before, and of its month up to it."""

    def __init__(
        self, session: Session, figures: Figures, scope: Scope, today: date, zone: ZoneInfo
    ):
        self.session, self.scope = session, scope
        self.yesterday = _open_day_before(session, today)
        self.first = self.yesterday.replace(day=1)
        self.targets = targets(session, scope, self.first)
        owners, nobody = sellers(session, figures, scope), scope.owners is None

        def done(since: date) -> Mapping[str | None, Efforts]:
            return efforts(session, figures, owners, since, self.yesterday, zone, nobody=nobody)

        self.of_day, self.of_month = done(self.yesterday), done(self.first)

    def effort(self, since: date, found: Mapping[str | None, Efforts]) -> Effort:
        planned = self._calls(since, self.yesterday)
        return Effort(since, self.yesterday, together(found.values()), planned)

    def _calls(self, since: date, until: date) -> Fraction | None:
        planned = [one.calls for one in self.targets.values() if one.calls is not None]
        whole = open_days(self.session, self.first, end_of(self.first))
        if not planned or not whole:
            return None
        return Fraction(sum(planned) * open_days(self.session, since, until), whole)


def _open_day_before(session: Session, today: date) -> date:
    """Yesterday; where that was closed the last day that was not, within two months."""
    query = select(ClosedDay.day).where(ClosedDay.day.between(today - timedelta(days=62), today))
    closed = set(session.scalars(query))
    days = (today - timedelta(days=by) for by in range(1, 62))
    return next((day for day in days if day not in closed), today - timedelta(days=1))


def _month(session: Session, scope: Scope, figures: Figures, today: date) -> Month:
    first = today.replace(day=1)
    whole = open_days(session, first, end_of(first))
    over = open_days(session, first, min(figures.as_of, today)) if figures.as_of >= first else 0
    return Month(
        first=first,
        as_of=figures.as_of if figures.run_id else None,
        brought=takings(figures, scope, first, today),
        target=target_sum(targets(session, scope, first)),
        gone=Fraction(over, whole) if whole else Fraction(0),
    )


def _people(session: Session, figures: Figures, plan: _Plan, today: date) -> tuple[Person, ...]:
    """Everybody of whom there is something to tell, whoever brought most first."""
    first = today.replace(day=1)
    brought = by_owner(figures, plan.scope, first, today)
    to_sell = targets(session, plan.scope, first)
    names = names_of_staff(session)
    found = [
        Person(
            owner,
            names.get(owner or "", owner),
            None if brought is None else brought.get(owner, Takings()),
            _target(to_sell, owner),
            plan.of_day.get(owner, Efforts()),
            plan.of_month.get(owner, Efforts()),
        )
        for owner in {*(brought or ()), *to_sell, *plan.targets, *plan.of_month}
    ]
    return tuple(sorted(found, key=_rank))


def _rank(one: Person) -> tuple[Decimal, str]:
    return (-one.brought.revenue if one.brought else Decimal(), one.owner or "")


def _target(rows: Mapping[str, Target], owner: str | None) -> Decimal | None:
    row = rows.get(owner or "")
    return None if row is None else goal_of(row).amount


def _complaints(session: Session, scope: Scope, now: datetime) -> Found[Complaint]:
    """What was due first comes first; those that nobody sees to are their customer's owner's."""
    whose = (None,) if scope.owners is None else (scope.owners, NOBODY)
    late = [Sought(one, COMPLAINT, overdue=True) for one in whose]
    parts = [cases(session, now, one, limit=_MOST) for one in late]
    found = [case.row for part in parts for case in part]
    known = _known(session, found)
    mine = [
        _complaint(row, known[row.customer_id])
        for row in found
        if row.customer_id in known and scope.has(row.owner or known[row.customer_id].owner)
    ]
    mine.sort(key=lambda one: one.due_at)
    return Found(len(mine), tuple(mine), more=any(len(part) >= _MOST for part in parts))


def _complaint(row: Feedback, who: Who) -> Complaint:
    assert row.due_at is not None  # what is overdue was due
    return Complaint(who, row.owner, row.due_at)


def _known(session: Session, rows: Sequence[Feedback]) -> dict[str, Who]:
    columns = (Customer.customer_id, Customer.name, Customer.owner)
    ids = {one.customer_id for one in rows}
    found = session.execute(select(*columns).where(Customer.customer_id.in_(ids)))
    return {row.customer_id: Who(*row) for row in found}


def _lacking(figures: Figures, scope: Scope) -> Lacking | None:
    rows = figures.get("lacking")
    if rows is None:
        return None
    theirs = [row for row in rows if scope.has(row["owner"])]
    nobodys = sum(row["customers"] for row in rows if row["owner"] is None)
    return Lacking(
        owner=nobodys if scope.owners is None else None,
        source=sum(row["source"] for row in theirs),
        phone=sum(row["phone"] for row in theirs),
    )
