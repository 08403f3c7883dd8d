"""Who asks, and where: what a page needs to know of the request at hand."""

from __future__ import annotations

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app, g
from flask_login import UserMixin, current_user

from custrata import Engine
from custrata.admin.language import language
from custrata.service.desk import Desk
from custrata.service.names import Names
from custrata.service.people.users import Person
from custrata.service.registers.staff import names_of_staff
from custrata.service.rules.versions import current, engine_of

EXTENSION = "custrata"


class SignedIn(UserMixin):
    """A person, as flask-login wants her; a new nonce ends all her sessions."""

    def __init__(self, known: Person):
        self.person = known

    def get_id(self) -> str:
        """What the session holds."""
        return f"{self.person.id}:{self.person.nonce}"


def store() -> Desk:
    """The store, asked by nobody in particular."""
    return cast(Desk, current_app.extensions[EXTENSION])


def person() -> Person | None:
    """Who is signed in; None where nobody is."""
    return current_user.person if isinstance(_user(), SignedIn) else None


def _user() -> object:
    found = current_user
    return found._get_current_object() if found else None  # noqa: SLF001 - the proxy's own way


def desk() -> Desk:
    """The store, asked by who is signed in."""
    known = person()
    assert known is not None  # pages are for who is signed in
    return store().of(known.login)


def engine() -> Engine:
    """The rules in force, read once a request."""
    if "engine" not in g:
        with store().database.read() as session:
            g.engine = engine_of(current(session))
    return cast(Engine, g.engine)


def names() -> Names:
    """What ids of the rules in force are called in the reader's language."""
    return Names(engine(), language())


def value_name(value: str | None, column: str) -> str:
    """What a value of an attribute is called; empty for none."""
    return names().value(column, value) if value else ""


def staff_name(code: str | None) -> str:
    """What a salesperson is called; her code where the register has none, empty for nobody."""
    if not code:
        return ""
    if "staff" not in g:
        with store().database.read() as session:
            g.staff = names_of_staff(session)
    return str(g.staff.get(code, code))


def zone() -> ZoneInfo:
    """The time zone of the rules in force."""
    return ZoneInfo(engine().ruleset.time_zone)


def today() -> date:
    """The day that it is in that time zone."""
    return store().today(engine().ruleset.time_zone)
