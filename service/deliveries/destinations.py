"""Destinations: where the webhooks go that rules name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.deliveries.addresses import place_of
from custrata.service.deliveries.signing import key_of, new_salt, secret_of
from custrata.service.desk import Desk
from custrata.service.registers.entries import unknown
from custrata.service.rules.versions import current, engine_of
from custrata.service.values import needed, wrong
from custrata.store.faults import refuse
from custrata.store.models import Destination

BATCH = 100
MOST_AT_ONCE = 500
_NAME = re.compile(r"\w[\w-]{0,63}")
_BOTH = timedelta(days=1)
"""So long the secret before signs too, once there is a new one."""


@dataclass(frozen=True)
class Said:
    """What is said of a destination.

    Attributes:
        allow_private: whether it may be inside the house: a private address, or without TLS.
        batch: so many messages at most go in one request.
    """

    url: str
    allow_private: bool = False
    batch: int = BATCH
    active: bool = True


def destinations(session: Session) -> list[Destination]:
    """All of them, by name."""
    return list(session.scalars(select(Destination).order_by(Destination.name)))


def destination(session: Session, name: str) -> Destination:
    """The one of that name.

    Raises:
        StoreError: there is none (`no-destination`).
    """
    found = session.get(Destination, name)
    if found is None:
        known = session.scalars(select(Destination.name)).all()
        raise unknown("destination", name, sorted(known))
    return found


def named_in_rules(session: Session) -> set[str]:
    """The names that the rules in force send to."""
    rules = engine_of(current(session)).ruleset
    return {
        str(effect.argument)
        for one in rules.classifiers
        for moments in one.effects.values()
        for effects in moments.values()
        for effect in effects
        if effect.name == "webhook"
    }


def add_destination(desk: Desk, name: str, said: Said) -> str:
    """A destination more; its secret, which is told this once.

    Args:
        name: as rules have it in `webhook: NAME`.

    Raises:
        DataError: a value that cannot be.
        StoreError: the name is taken.
    """
    asked = needed("name", name)
    if not _NAME.fullmatch(asked):
        fault = f"{asked[:40]!r} is not written as names of destinations are"
        raise wrong("destination-name", fault, "up to 64 letters, digits, - and _")
    row = Destination(name=asked, salt=new_salt(), recorded_at=desk.now())
    _write(row, said)
    with desk.database.write() as session:
        session.add(row)
        try:
            session.flush()
        except IntegrityError as error:
            fault = f"another destination has the name {asked}"
            raise refuse("destination-taken", fault, "each name once") from error
        note(session, desk, "webhook.add", "webhook", asked, private=said.allow_private)
        salt = row.salt
    return secret_of(key_of(desk), asked, salt)


def change_destination(desk: Desk, name: str, said: Said) -> None:
    """Say something else of a destination; what waits for it goes to where it is then.

    Raises:
        DataError: a value that cannot be.
        StoreError: there is none of that name.
    """
    with desk.database.write() as session:
        row = destination(session, name)
        moved = row.url != said.url.strip()
        _write(row, said)
        row.fault = row.left_alone_until = None
        more = {"moved": moved, "active": row.active, "private": row.allow_private}
        note(session, desk, "webhook.change", "webhook", name, **more)


def new_secret(desk: Desk, name: str) -> str:
    """Another secret, told this once; for a day the one before signs beside it.

    Raises:
        StoreError: there is none of that name.
    """
    with desk.database.write() as session:
        row = destination(session, name)
        row.old_salt, row.old_until = row.salt, desk.now() + _BOTH
        row.salt = salt = new_salt()
        note(session, desk, "webhook.secret", "webhook", name)
    return secret_of(key_of(desk), name, salt)


def remove_destination(desk: Desk, name: str) -> None:
    """Forget a destination; what waits for it stays, and goes nowhere.

    Raises:
        StoreError: there is none of that name.
    """
    with desk.database.write() as session:
        session.delete(destination(session, name))
        note(session, desk, "webhook.remove", "webhook", name)


def _write(row: Destination, said: Said) -> None:
    place_of(said.url, allow_private=said.allow_private)
    if not 1 <= said.batch <= MOST_AT_ONCE:
        raise wrong("webhook-batch", "so many messages cannot go at once", f"1 to {MOST_AT_ONCE}")
    row.url, row.allow_private = said.url.strip(), said.allow_private
    row.batch, row.active = said.batch, said.active
