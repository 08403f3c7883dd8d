"""What waits for those who sell, off the lists that the last run left: as it stands now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.facts.meaning import NOBODY_REACHED
from custrata.service.figures.kept import Figures
from custrata.service.figures.lists import Entry, listed
from custrata.service.figures.shares import LONGEST
from custrata.service.sales.scope import Scope
from custrata.service.sales.times import monday_of
from custrata.store.models import Contact, Opportunity

SHOWN = 8
"""So many rows of a section are shown."""
WEEK = timedelta(days=7)
Of = TypeVar("Of")


@dataclass(frozen=True)
class Found(Generic[Of]):
    """A section: how many there are, and the first few.

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


def leads(session: Session, figures: Figures, scope: Scope) -> Found[Lead]:
    """New leads not yet reached or not assigned; those who were since are left out."""
    entries, cut = _entries(session, "new_leads", scope)
    reached = _reached(session, [one.customer_id for one in entries])
    rows = []
    for one in entries:
        known = bool(one.detail["reached"]) or one.customer_id in reached
        if not known or one.owner is None:
            rows.append(Lead(_who(one), _day(one.detail["created"]), known))
    rows.sort(key=lambda lead: lead.created or date.min, reverse=True)
    kept = (figures.get("waiting") or {}).get("leads", ())
    all_of_them = sum(row["leads"] for row in kept if scope.has(row["owner"]))
    return _found(rows, all_of_them if cut else 0)


def stalled(session: Session, scope: Scope) -> Found[Deal]:
    """Open opportunities without a step for two weeks, the largest first."""
    return _found(_deals(session, "stalled", scope))


def closing(session: Session, scope: Scope, today: date) -> Found[Deal]:
    """Open opportunities that are expected to close in the week that it is, the next first."""
    monday = monday_of(today)
    found = [
        one
        for one in _deals(session, "closing", scope)
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
    return Found(count, tuple(rows[:SHOWN]), more=len(rows) >= LONGEST and not least)


def _entries(session: Session, name: str, scope: Scope) -> tuple[list[Entry], bool]:
    """Those of a list, and whether it was cut: then the run's count says how many there were."""
    found = listed(session, name, limit=LONGEST)
    return [entry for _, entry in found if scope.has(entry.owner)], len(found) >= LONGEST


def _who(one: Entry) -> Who:
    return Who(one.customer_id, one.name, one.owner)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _reached(session: Session, ids: Sequence[str]) -> set[str]:
    rows = select(Contact.customer_id, Contact.outcome).where(Contact.customer_id.in_(ids))
    return {who for who, outcome in session.execute(rows) if _word(outcome) not in NOBODY_REACHED}


def _word(text: str | None) -> str:
    return (text or "").strip().lower().replace(" ", "_").replace("-", "_")


def _deals(session: Session, name: str, scope: Scope) -> list[Deal]:
    """Off a list, the largest first; those that went on since are left out."""
    entries = [one for _, one in listed(session, name, limit=LONGEST)]
    entries = [one for one in entries if scope.has(one.detail["owner"])]
    last = _last_steps(session, [one.customer_id for one in entries])
    found = [_deal(one) for one in entries if last.get(_key(one)) in (None, _changed(one.detail))]
    return sorted(found, key=lambda one: one.amount or Decimal(-1), reverse=True)


def _key(one: Entry) -> tuple[str, str | None]:
    return one.customer_id, one.detail["opportunity_id"]


def _changed(detail: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(detail["changed"])


def _last_steps(session: Session, ids: Sequence[str]) -> dict[tuple[str, str | None], datetime]:
    """When each opportunity of some customers changed last."""
    columns = (Opportunity.customer_id, Opportunity.opportunity_id, Opportunity.changed_at)
    rows = session.execute(select(*columns).where(Opportunity.customer_id.in_(ids)))
    found: dict[tuple[str, str | None], datetime] = {}
    for customer_id, opportunity_id, changed_at in rows:
        key = customer_id, opportunity_id
        found[key] = max(changed_at, found.get(key, changed_at))
    return found


def _deal(one: Entry) -> Deal:
    detail = one.detail
    units = detail["amount"]
    return Deal(
        who=_who(one),
        owner=detail["owner"],
        step=detail["step"],
        amount=None if units is None else Decimal(units).scaleb(-(detail["scale"] or 0)),
        changed_at=_changed(detail),
        expected_close=_day(detail["close"]),
    )
