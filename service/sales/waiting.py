"""What waits for those who sell, off the lists that the last run left: as it stands now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.facts.meaning import reached
from custrata.engine.values import exactly
from custrata.service.calendar.times import monday_of
from custrata.service.figures.kept import Figures
from custrata.service.figures.lists import Entry, listed
from custrata.service.figures.shares import LONGEST
from custrata.service.figures.standing import KEY, handed, in_order
from custrata.service.sales.scope import Scope
from custrata.store import bulk
from custrata.store.models import Contact, Opportunity
from custrata.store.types import EPOCH

WEEK = timedelta(days=7)
Of = TypeVar("Of")


@dataclass(frozen=True)
class Found(Generic[Of]):
    """A section: how many there are, and those of them that lists hold.

    Attributes:
        more: whether there are more than were counted.
    """

    count: int = 0
    rows: tuple[Of, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class Who:
    """A customer."""

    customer_id: str
    name: str | None
    owner: str | None


@dataclass(frozen=True)
class Lead:
    """A new customer whom nobody reached, or whom nobody has.

    Attributes:
        created: None where it is not known. reached: whether somebody did.
    """

    who: Who
    created: date | None
    reached: bool


@dataclass(frozen=True)
class Deal:
    """An open opportunity.

    Attributes:
        owner: whose it is. amount: None where none is known.
    """

    who: Who
    owner: str | None
    step: str
    amount: Decimal | None
    changed_at: datetime
    expected_close: date | None


@dataclass(frozen=True)
class Birthday:
    """Whose birthday it is on a day; `age` that day."""

    who: Who
    day: date
    age: int


def leads(session: Session, figures: Figures, scope: Scope, now: datetime) -> Found[Lead]:
    """New leads not yet reached or not assigned; those who were since are left out."""
    entries, cut = _entries(session, "new_leads", scope)
    since = _reached(session, [one.customer_id for one in entries], now)
    rows = []
    for one in entries:
        known = bool(one.detail["reached"]) or one.customer_id in since
        if not known or one.owner is None:
            rows.append(Lead(_who(one), _day(one.detail["created"]), known))
    rows.sort(key=lambda lead: lead.created or date.min, reverse=True)
    kept = (figures.get("waiting") or {}).get("leads", ())
    all_of_them = sum(row["leads"] for row in kept if scope.has(row["owner"]))
    return _found(rows, all_of_them if cut else 0)


def stalled(session: Session, scope: Scope, now: datetime) -> Found[Deal]:
    """Open opportunities without a step for two weeks, the largest first."""
    return _found(_deals(session, "stalled", scope, now))


def closing(session: Session, scope: Scope, today: date, now: datetime) -> Found[Deal]:
    """Open opportunities that are expected to close in the week that it is, the next first."""
    monday = monday_of(today)
    found = [
        one
        for one in _deals(session, "closing", scope, now)
        if one.expected_close and monday <= one.expected_close < monday + WEEK
    ]
    return _found(sorted(found, key=lambda one: one.expected_close or date.max))


def birthdays(session: Session, figures: Figures, scope: Scope, today: date) -> Found[Birthday]:
    """Birthdays of today and the seven days after."""
    rows = []
    entries, cut = _entries(session, "birthdays", scope)
    for one in entries:
        day = date.fromisoformat(one.detail["birthday"])
        if today <= day <= today + WEEK:
            rows.append(Birthday(_who(one), day, day.year - one.detail["year"]))
    rows.sort(key=lambda birthday: birthday.day)
    kept = (figures.get("waiting") or {}).get("birthdays", ())
    days = {(today + timedelta(days=by)).isoformat() for by in range(WEEK.days + 1)}
    counted = [row for row in kept if row["birthday"] in days and scope.has(row["owner"])]
    return _found(rows, sum(row["birthdays"] for row in counted) if cut else 0)


def _found(rows: Sequence[Of], least: int = 0) -> Found[Of]:
    """The section of these rows; a list may have been cut: `least` says how many there were."""
    count = max(len(rows), least)
    return Found(count, tuple(rows), more=len(rows) >= LONGEST and not least)


def _entries(session: Session, name: str, scope: Scope) -> tuple[list[Entry], bool]:
    """Those of a list, and whether it was cut: then the run's count says how many there were."""
    found = listed(session, name, limit=LONGEST)
    return [entry for _, entry in found if scope.has(entry.owner)], len(found) >= LONGEST


def _who(one: Entry) -> Who:
    return Who(one.customer_id, one.name, one.owner)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _reached(session: Session, ids: Sequence[str], now: datetime) -> set[str]:
    how = (Contact.channel, Contact.direction, Contact.outcome)
    rows = select(Contact.customer_id, *how).distinct()
    made = rows.where(Contact.customer_id.in_(ids), Contact.occurred_at <= now)
    return {who for who, *told in session.execute(made) if reached(*told)}


def _deals(session: Session, name: str, scope: Scope, now: datetime) -> list[Deal]:
    """Off a list, the largest first; those that went on since are left out."""
    entries = [one for _, one in listed(session, name, limit=LONGEST)]
    entries = [one for one in entries if scope.has(_seller(one))]
    last = _last_steps(session, [one.customer_id for one in entries], now)
    found = [_deal(one) for one in entries if not _went_on(one, last.get(_key(one)))]
    return sorted(found, key=lambda one: one.amount or Decimal(-1), reverse=True)


def _key(one: Entry) -> tuple[str, str | None]:
    return one.customer_id, one.detail["opportunity_id"]


def _seller(one: Entry) -> str | None:
    """Whose an opportunity is: the customer's of now, else as the run knew it."""
    return one.owner or one.detail["owner"]


def _went_on(one: Entry, last: datetime | None) -> bool:
    return last is not None and last > _changed(one.detail)


def _changed(detail: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(detail["changed"])


def _last_steps(
    session: Session, ids: Sequence[str], now: datetime
) -> dict[tuple[str, str | None], datetime]:
    """When each opportunity of some customers had its last step, up to now; a hand-over is none."""
    table = Opportunity.__table__.c
    columns = (table.id, table.customer_id, table.opportunity_id, table.changed_at, table.step)
    worth = (table.amount, table.scale, table.expected_close, table.owner, table.outcome)
    query = select(*columns, *worth).where(table.customer_id.in_(ids), table.changed_at <= now)
    rows = in_order(bulk.read(session.connection(), query), "UTC")
    steps = rows.filter(~handed()).group_by(KEY).last()
    names = ("customer_id", "opportunity_id", "changed_at")
    return {
        (who, which): EPOCH + timedelta(microseconds=at)
        for who, which, at in steps.select(names).iter_rows()
    }


def _deal(one: Entry) -> Deal:
    detail = one.detail
    return Deal(
        who=_who(one),
        owner=_seller(one),
        step=detail["step"],
        amount=exactly(detail["amount"], detail["scale"]),
        changed_at=_changed(detail),
        expected_close=_day(detail["close"]),
    )
