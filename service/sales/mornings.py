"""Who gets the morning page by mail, and when: once a day each, not on closed days.

Whose login is switched off gets none; who has no login at all may.

The clock asks for one job a day, `morning:DAY`; it asks for one more for each receiver, so that one
who cannot be reached stops nobody and is tried again alone. The slots of these make sure that
nobody gets it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.desk import Desk
from custrata.service.registers.staff import one_of
from custrata.service.rules.versions import current, engine_of
from custrata.service.sales.mail import Letter, post, server
from custrata.service.sales.morning import Morning, morning
from custrata.service.sales.scope import EVERYONE, MINE, Scope
from custrata.service.settings import settings
from custrata.service.work.jobs import Work, ask, is_asked
from custrata.store.faults import refuse
from custrata.store.models import ClosedDay, Staff, User

MORNING, LETTER = "morning", "morning_mail"
"""Kinds of jobs: for a day, and for one receiver."""


@dataclass(frozen=True)
class Receiver:
    """Somebody who wants the morning page. `language`: None is English."""

    code: str
    name: str | None
    email: str | None
    language: str | None
    everyone: bool

    @property
    def scope(self) -> Scope:
        """Whose customers her page is about."""
        return Scope(EVERYONE) if self.everyone else Scope(MINE, frozenset([self.code]))


Written = Callable[[Desk, Receiver, Morning], Letter]
"""Writes the page as a mail, in the receiver's language: the panel does."""


def kinds(write: Written) -> Mapping[str, Work]:
    """The jobs of the morning mail, for a worker that can write them."""

    def letter(desk: Desk, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        return _send_of_day(desk, arguments, write)

    return {MORNING: hand_out, LETTER: letter}


def ask_in_the_morning(desk: Desk) -> int | None:
    """Ask for today's mails where it is time for them; the job's id, None where it is not.

    A worker that was off all morning sends them when it is back, still on the same day.
    """
    with desk.database.read() as session:
        at = settings(session).morning_at
        zone = ZoneInfo(engine_of(current(session)).ruleset.time_zone)
        now = desk.now().astimezone(zone)
        if not at or now.time() < time.fromisoformat(at) or is_closed(session, now.date()):
            return None
    slot = f"{MORNING}:{now.date()}"
    if is_asked(desk, slot):
        return None
    due = datetime.combine(now.date(), time.fromisoformat(at), zone)
    return ask(desk, MORNING, {"day": now.date().isoformat()}, slot, due)


def hand_out(desk: Desk, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a mail to each receiver: the job of a day; none where that day is over.

    Raises:
        DataError, StoreError: no mail can be sent at all.
    """
    server()
    day = arguments["day"]
    with desk.database.read() as session:
        codes = [one.code for one in receivers(session)] if _is_due(session, desk, day) else []
    jobs = {
        code: ask(desk, LETTER, {"to": code, "day": day}, f"{LETTER}:{day}:{code}")
        for code in codes
    }
    return {"jobs": jobs}


def _send_of_day(desk: Desk, arguments: Mapping[str, Any], write: Written) -> Mapping[str, Any]:
    """The job of a receiver: a worker that comes back on another day leaves it to that day's."""
    code = arguments["to"]
    with desk.database.read() as session:
        due = _is_due(session, desk, arguments["day"])
        wanted = due and code in {one.code for one in receivers(session)}
    return send(desk, code, write) if wanted else {"left_out": code}


def send(desk: Desk, code: str, write: Written) -> Mapping[str, Any]:
    """Write somebody's page as it is now, and mail it; to whom.

    Raises:
        DataError, StoreError: it cannot be sent.
        OSError, smtplib.SMTPException: it may work later.
    """
    to = server()
    with desk.database.read() as session:
        who = one_receiver(session, code)
        if who.email is None:
            fault = f"no address of {code} is known"
            raise refuse("mail-nowhere", fault, "an e-mail in the register")
        page = morning(session, who.scope, desk.now())
    post(desk, to, write(desk, who, page))
    return {"sent": code}


def receivers(session: Session) -> list[Receiver]:
    """Everybody who wants it, has an address, and whose login is not switched off."""
    left = select(User.login).where(User.active.is_(False))
    rows = select(Staff).where(
        Staff.morning_mail, Staff.email.is_not(None), Staff.code.not_in(left)
    )
    return [_receiver(one) for one in session.scalars(rows.order_by(Staff.code))]


def one_receiver(session: Session, code: str) -> Receiver:
    """One of the staff, whether she wants it or not.

    Raises:
        StoreError: there is none of that code.
    """
    return _receiver(one_of(session, code))


def is_closed(session: Session, day: date) -> bool:
    """Whether nobody works on a day."""
    return session.get(ClosedDay, day) is not None


def _is_due(session: Session, desk: Desk, day: str) -> bool:
    """Whether a day is today, and one that is worked on."""
    today = desk.today(engine_of(current(session)).ruleset.time_zone)
    return day == today.isoformat() and not is_closed(session, today)


def _receiver(one: Staff) -> Receiver:
    return Receiver(one.code, one.name, one.email, one.language, one.everyone)
