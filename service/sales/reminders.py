"""Whom a salesperson is to contact today and why; what was done about it, or put off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from custrata.engine.facts.meaning import reached
from custrata.service.customers.profile import each_label
from custrata.service.customers.record import LONGEST_WHY, add_contact
from custrata.service.customers.touched import need_customer, touching
from custrata.service.desk import Desk
from custrata.service.figures.morning import everyones
from custrata.service.figures.reminders import Reminder, reminders
from custrata.service.figures.today import ToContact, to_contact
from custrata.service.registers.closed_days import next_open
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs import Transition
from custrata.service.values import prose, wrong
from custrata.store.faults import refuse
from custrata.store.models import Contact, Customer, LabelNow, Reminded, Treatment

DONE, POSTPONED = "done", "postponed"
MOST = 200
"""So many customers at most are on a list."""
AHEAD = timedelta(days=366)
"""So far at most a reminder is put off."""


@dataclass(frozen=True)
class Due:
    """A customer to be contacted today.

    Attributes:
        who: why, and how important she is.
        last: the last contact up to that day that reached her; None where nobody ever did.
        days: since then, else since she was entered; None where neither is known.
        treatments: what to do with such a customer.
    """

    who: ToContact
    phone: str | None
    place: str | None
    last: Contact | None
    days: int | None
    treatments: tuple[Treatment, ...]


@dataclass(frozen=True)
class Seen:
    """What somebody did about a reminder. `name`: of the customer."""

    row: Reminded
    name: str | None


def due(session: Session, day: date, owner: str | None = None, limit: int = MOST) -> list[Due]:
    """Whom to contact, the most important first; see `to_contact`.

    Args:
        day: the day that it is. owner: whose customers; None for everyone's.
    """
    if owner is None:
        found = everyones(session, limit, day)
    else:
        found = to_contact(session, owner, limit, day=day)
    ids = [one.customer_id for one in found]
    known = _known(session, ids)
    zone = ZoneInfo(engine_of(current(session)).ruleset.time_zone)
    ended = datetime.combine(day + timedelta(days=1), time(), zone)
    last, said = _last_contacts(session, ids, ended), _treatments(session, found)
    return [_due(one, known[one.customer_id], last, said, (day, zone)) for one in found]


def done(
    desk: Desk,
    customer_id: str,
    occurred_at: datetime,
    channel: str | None = None,
    outcome: str | None = None,
    note: str | None = None,
) -> tuple[Transition, ...]:
    """Record a contact with a customer who waited for one.

    Where nobody was reached the try is recorded, and she goes on waiting.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer, or nothing reminds of her (`no-reminder`).
    """
    with touching(desk) as here:
        reminder = _standing(here.session, customer_id)[0]
        said = {"channel": channel, "direction": "out", "outcome": outcome, "note": note}
        add_contact(here, customer_id, occurred_at, **said, owner=desk.by)
        if reached(channel, "out", outcome):
            _keep(here.session, desk, customer_id, reminder, DONE)
        return here.settle()


def postpone(desk: Desk, customer_id: str, until: date, why: str | None = None) -> date:
    """Remind of a customer on a later day; the day, which is the next one that is not closed.

    Raises:
        DataError: the day has come already (`time-past`), or is more than a year ahead
            (`time-far`).
        StoreError: no such customer, or nothing reminds of her (`no-reminder`).
    """
    reason = prose("why", why, LONGEST_WHY)
    with desk.database.write() as session:
        standing = _standing(session, customer_id)
        today = desk.today(engine_of(current(session)).ruleset.time_zone)
        if until <= today:
            raise wrong("time-past", f"{until} has come already", f"after {today}")
        if until - today > AHEAD:
            raise wrong("time-far", f"{until} is far away", f"up to {today + AHEAD}")
        day = next_open(session, until)
        for reminder in standing:
            _keep(session, desk, customer_id, reminder, POSTPONED, day, reason)
    return day


def seen_to(session: Session, by: str | None = None, limit: int = 20) -> list[Seen]:
    """What was done about reminders, the latest first.

    Args:
        by: whose doing; None for everyone's.
    """
    query = select(Reminded, Customer.name).join(
        Customer, Customer.customer_id == Reminded.customer_id
    )
    if by is not None:
        query = query.where(Reminded.by == by)
    order = (Reminded.at.desc(), Reminded.id.desc()) if by is not None else (Reminded.id.desc(),)
    rows = session.execute(query.order_by(*order).limit(limit))
    return [Seen(row, name) for row, name in rows]


def place_of(customer: Customer) -> str | None:
    """Where a customer is visited: her province where it is known, else her region."""
    province = (customer.attributes or {}).get("province")
    return str(province) if province else customer.region


# --- what stands --------------------------------------------------------------------------


def _standing(session: Session, customer_id: str) -> list[Reminder]:
    """All that reminds of a customer now.

    Raises:
        StoreError: no such customer, or nothing does.
    """
    who = need_customer(session, customer_id).customer_id
    found = []
    for one in reminders(engine_of(current(session)).ruleset):
        row = session.get(LabelNow, (one.classifier, who))
        if row is not None and one.label in (each_label(row.label) if one.lists else [row.label]):
            found.append(one)
    if found:
        return found
    raise refuse("no-reminder", "nothing reminds of this customer", "customers on today's list")


def _keep(
    session: Session,
    desk: Desk,
    customer_id: str,
    reminder: Reminder,
    action: str,
    until: date | None = None,
    why: str | None = None,
) -> None:
    row = Reminded(
        customer_id=need_customer(session, customer_id).customer_id,
        classifier=reminder.classifier,
        label=reminder.label,
        action=action,
        until=until,
        by=desk.by,
        at=desk.now(),
        why=why,
    )
    session.add(row)


# --- what is known ------------------------------------------------------------------------


def _due(
    one: ToContact,
    known: Customer,
    last: Mapping[str, Contact],
    said: Mapping[tuple[str, str], Treatment],
    today: tuple[date, ZoneInfo],
) -> Due:
    contact = last.get(one.customer_id)
    since = contact.occurred_at if contact else known.created_at
    day, zone = today
    labels = [(one.classifier, label) for label in each_label(one.label)]
    named = [*labels, (one.reminder, one.reminds)]
    return Due(
        one,
        known.phone,
        place_of(known),
        contact,
        None if since is None else (day - since.astimezone(zone).date()).days,
        tuple(said[each] for each in named if each in said),  # type: ignore[index]
    )


def _known(session: Session, ids: Sequence[str]) -> dict[str, Customer]:
    rows = session.scalars(select(Customer).where(Customer.customer_id.in_(ids)))
    return {one.customer_id: one for one in rows}


def _last_contacts(session: Session, ids: Sequence[str], before: datetime) -> dict[str, Contact]:
    """The last contact before a moment with each that counts as having reached her."""
    how = (Contact.customer_id, Contact.channel, Contact.direction, Contact.outcome)
    made = Contact.customer_id.in_(ids), Contact.occurred_at < before
    latest: dict[str, datetime] = {}
    rows = select(*how, func.max(Contact.occurred_at)).where(*made).group_by(*how)
    for who, channel, direction, outcome, at in session.execute(rows):
        if reached(channel, direction, outcome):
            latest[who] = max(at, latest.get(who, at))
    moments = tuple_(Contact.customer_id, Contact.occurred_at).in_(list(latest.items()))
    found = session.scalars(select(Contact).where(moments).order_by(Contact.id))
    return {
        one.customer_id: one for one in found if reached(one.channel, one.direction, one.outcome)
    }


def _treatments(session: Session, found: Sequence[ToContact]) -> dict[tuple[str, str], Treatment]:
    pairs = {(one.classifier, label) for one in found for label in each_label(one.label)}
    pairs |= {(one.reminder, one.reminds) for one in found}
    query = select(Treatment).where(tuple_(Treatment.classifier, Treatment.label).in_(pairs))
    return {(one.classifier, one.label): one for one in session.scalars(query)}
