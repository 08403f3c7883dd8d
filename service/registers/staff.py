"""Staff: who sells and who advertises; other records name them by their codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.registers.entries import unknown
from custrata.service.registers.spoken import LANGUAGES
from custrata.service.values import needed, word, wrong
from custrata.store.distinct import each
from custrata.store.faults import StoreError, refuse
from custrata.store.models import Customer, Opportunity, Staff, Target

MOST = 500
"""So many codes at most that only records know."""
_EMAIL = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+")


class StaffChanges(TypedDict, total=False):
    """What may be said of a person; what is left out stays as it is.

    `email`, `morning_mail` and `everyone` send names of customers out of the house day by day: who
    lets people say them asks for the right over people.
    """

    name: str | None
    team: str | None
    email: str | None
    language: str | None
    morning_mail: bool
    everyone: bool


def staff(session: Session) -> list[Staff]:
    """All of them: by team, those without one last; then by name."""
    found = session.scalars(select(Staff)).all()
    return sorted(found, key=lambda one: (one.team is None, one.team or "", staff_name(one)))


def staff_name(one: Staff) -> str:
    """What a person is called; by her code where no name is known."""
    return one.name or one.code


def names_of_staff(session: Session) -> Mapping[str, str]:
    """What each is called, by code."""
    return {one.code: staff_name(one) for one in staff(session)}


def teams(session: Session) -> list[str]:
    """The teams that somebody is in."""
    found = session.scalars(select(Staff.team).where(Staff.team.is_not(None)).distinct())
    return sorted(one for one in found if one is not None)


def members(session: Session, team: str) -> list[str]:
    """The codes of who is in a team."""
    return sorted(session.scalars(select(Staff.code).where(Staff.team == team)))


def teams_of_staff(session: Session) -> Mapping[str, str]:
    """In which team each is, by code; who is in none is left out."""
    rows = session.execute(select(Staff.code, Staff.team).where(Staff.team.is_not(None)))
    return {code: team for code, team in rows if team is not None}


def others(session: Session) -> list[str]:
    """Codes of salespersons whom records name and the register does not."""
    known = set(session.scalars(select(Staff.code)))
    return sorted(set(islice(_named(session), MOST)) - known)


def one_of(session: Session, code: str) -> Staff:
    """The person of that code.

    Raises:
        StoreError: there is none (`no-salesperson`).
    """
    found = session.get(Staff, code)
    if found is None:
        raise _unknown(session, code)
    return found


def need_salesperson(session: Session, code: str) -> str:
    """A code of the register, or one that a record names as a salesperson's.

    Raises:
        StoreError: neither knows it (`no-salesperson`).
    """
    if session.get(Staff, code) is None:
        asked = (Customer.owner, Opportunity.owner, Target.owner)
        if not any(
            session.scalars(select(one).where(one == code).limit(1)).first() for one in asked
        ):
            raise _unknown(session, code)
    return code


def add_staff(desk: Desk, code: str, **more: Unpack[StaffChanges]) -> str:
    """A person more; her code.

    Args:
        code: as other records have it, or will; the login of who signs in.

    Raises:
        DataError: a value that cannot be.
        StoreError: the code is taken.
    """
    row = Staff(code=needed("code", code), morning_mail=False, everyone=False)
    _write(row, more)
    with desk.database.write() as session:
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            fault = f"somebody else has the code {row.code}"
            raise refuse("salesperson-code-taken", fault, "each code once") from error
        note(session, desk, "staff.add", "staff", row.code, team=row.team)
        return row.code


def change_staff(desk: Desk, code: str, **changes: Unpack[StaffChanges]) -> None:
    """Say something else of a person.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such person.
    """
    with desk.database.write() as session:
        row = one_of(session, code)
        _write(row, changes)
        note(session, desk, "staff.change", "staff", code, changed=sorted(changes))


def remove_staff(desk: Desk, code: str) -> None:
    """Take a person off the register; customers, targets and what she did keep her code.

    Raises:
        StoreError: no such person.
    """
    with desk.database.write() as session:
        session.delete(one_of(session, code))
        note(session, desk, "staff.remove", "staff", code)


def _write(row: Staff, said: StaffChanges) -> None:
    if "name" in said:
        row.name = word("name", said["name"])
    if "team" in said:
        row.team = word("team", said["team"])
    if "email" in said:
        row.email = _email(said["email"])
    if "language" in said:
        row.language = _language(said["language"])
    row.morning_mail = said.get("morning_mail", row.morning_mail)
    row.everyone = said.get("everyone", row.everyone)
    if row.morning_mail and row.email is None:
        raise wrong("email-missing", "there is no address to send the morning page to", "an e-mail")


def _email(text: str | None) -> str | None:
    found = word("email", text)
    if found is not None and not _EMAIL.fullmatch(found):
        raise wrong("email-form", f"{found[:60]!r} is no e-mail address", "such as an@example.com")
    return found


def _language(text: str | None) -> str | None:
    found = word("language", text)
    if found is not None and found not in LANGUAGES:
        raise wrong("staff-language", f"{found[:20]!r} is no language here", ", ".join(LANGUAGES))
    return found


def _named(session: Session) -> Iterator[str]:
    """Whom records name; an index serves each look-up."""
    for column in (Customer.owner, Opportunity.owner, Target.owner):
        yield from islice(each(session, select(func.min(column)), column), MOST)


def _unknown(session: Session, code: str) -> StoreError:
    known = set(session.scalars(select(Staff.code))) | set(others(session))
    return unknown("salesperson", code, sorted(known))
