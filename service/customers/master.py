"""Master data of customers: one more is entered by a person, or what is known of one corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypedDict, Unpack

import polars as pl
from sqlalchemy.orm import Session

from custrata.service import audit
from custrata.service.customers.feedback import hand_along
from custrata.service.customers.touched import Touching, id_of, need_customer, touching
from custrata.service.desk import Desk
from custrata.service.registers.entries import entry
from custrata.service.registers.stages import choosable
from custrata.service.runs import Transition
from custrata.service.values import born, past, word
from custrata.store.faults import refuse
from custrata.store.folding import fold
from custrata.store.models import Customer, OwnerChange, Source
from custrata.store.words import keep_words

WORDS = (
    *("name", "phone", "email", "kind", "channel", "size", "sector", "region", "area"),
    *("owner", "team", "marketer", "referred_by"),
)
"""What is a text of one line."""
FIELDS = (*WORDS, "source", "birth_date", "consent")
"""All that can be corrected."""
_CALLED = ("name", "phone")
"""By which a customer is found."""
_LONGEST = 255


class MasterData(TypedDict, total=False):
    """What may be said of a customer; what is left out stays as it is, None forgets it."""

    name: str | None
    phone: str | None
    email: str | None
    kind: str | None
    channel: str | None
    size: str | None
    sector: str | None
    region: str | None
    area: str | None
    owner: str | None
    team: str | None
    marketer: str | None
    referred_by: str | None
    source: str | None
    birth_date: date | None
    consent: bool | None


def mark_of(row: Customer) -> str:
    """What tells whether master data are still as somebody saw them."""
    told = [str(getattr(row, name)) for name in FIELDS]
    return sha256(repr(told).encode()).hexdigest()[:16]


def add_customer(
    desk: Desk,
    customer_id: str | None = None,
    created_at: datetime | None = None,
    stage: str | None = None,
    **values: Unpack[MasterData],
) -> str:
    """A customer more, classified at once; her id.

    Args:
        customer_id: the host's own; None makes one that nobody has.
        created_at: since when she is known, with its zone, and past.
        stage: where she stands; None where that is not known.

    Raises:
        DataError: a value that cannot be.
        StoreError: somebody has that id (`customer-known`); no such source or stage.
    """
    given = word("customer_id", customer_id)
    with touching(desk) as here:
        session = here.session
        who = _free(here) if given is None else id_of(given)
        if session.get(Customer, who) is not None:
            raise refuse(
                "customer-known", "there is a customer with this id", "another id, or none"
            )
        row = Customer(customer_id=who, fact_seq=here.number)
        row.created_at = None if created_at is None else past("created_at", created_at, desk.now())
        row.stage = None if stage is None else choosable(session, stage).code
        _write(row, _checked(here, values))
        session.add(row)
        session.flush()
        _keep_words(session, who, new=True)
        audit.note(session, desk, "customer.add", "customer", who)
        if row.consent is not None:
            _note_consent(here, row)
        here.settle()
    return who


def correct_customer(
    desk: Desk, customer_id: str, seen: str | None = None, **changes: Unpack[MasterData]
) -> tuple[Transition, ...]:
    """Bring what is known of a customer to what is right, and classify her at once.

    A change of the salesperson is a hand-over: her history tells it, and open feedback goes along.

    Args:
        seen: the `mark_of` the customer that somebody saw; None does not ask.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer or source; somebody changed her meanwhile
            (`changed-meanwhile`).
    """
    with touching(desk) as here:
        row = here.customer(customer_id)
        if seen is not None and seen != mark_of(row):
            raise refuse("changed-meanwhile", "the customer was changed meanwhile", "another look")
        _change(here, row, _checked(here, changes))
        return here.settle()


def take_customer(desk: Desk, customer_id: str) -> tuple[Transition, ...]:
    """Whoever asks becomes the salesperson of a customer who has none.

    Raises:
        StoreError: no such customer, or somebody has her by now (`changed-meanwhile`).
    """
    with touching(desk) as here:
        row = need_customer(here.session, customer_id)
        if row.owner == desk.by:
            return ()
        if row.owner is not None:
            raise refuse("changed-meanwhile", "somebody has this customer by now", "another look")
        row.fact_seq = here.number
        _change(here, row, {"owner": desk.by})
        return here.settle()


def _change(here: Touching, row: Customer, said: Mapping[str, Any]) -> None:
    changed = {name: value for name, value in said.items() if value != getattr(row, name)}
    if not changed:
        return
    if "owner" in changed:
        _hand_over(here, row, changed["owner"])
    _write(row, changed)
    here.session.flush()
    if not changed.keys().isdisjoint(_CALLED):
        _keep_words(here.session, row.customer_id, new=False)
    about = ("customer", row.customer_id)
    fields = sorted(changed)
    audit.note(here.session, here.desk, "customer.correct", *about, fields=fields)
    if "consent" in changed:
        _note_consent(here, row)


def _note_consent(here: Touching, row: Customer) -> None:
    """Tell it as wherever else it is recorded."""
    about = ("customer", row.customer_id)
    audit.note(here.session, here.desk, "consent.set", *about, consent=row.consent)


def _hand_over(here: Touching, row: Customer, owner: str | None) -> None:
    now = here.desk.now()
    here.session.flush()
    if owner is not None:
        hand_along(here, owner)
    here.session.add(
        OwnerChange(
            customer_id=row.customer_id,
            changed_at=now,
            from_owner=row.owner,
            to_owner=owner,
            by=here.desk.by,
            recorded_at=now,
        )
    )


def _write(row: Customer, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    if "name" in values:
        row.name_fold = None if row.name is None else fold(row.name)[:_LONGEST]


def _checked(here: Touching, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they are kept.

    Raises:
        DataError: one cannot be. StoreError: no such source.
    """
    found = {name: word(name, values[name]) for name in WORDS if name in values}
    rest = {name: values[name] for name in FIELDS if name in values and name not in WORDS}
    if rest.get("source") is not None:
        rest["source"] = entry(here.session, Source, rest["source"]).code
    if rest.get("birth_date") is not None:
        born(rest["birth_date"], here.desk.now())
    return {**found, **rest}


def _free(here: Touching) -> str:
    """An id that nobody has; nobody else makes one meanwhile."""
    number = here.number
    while here.session.get(Customer, f"C-{number}") is not None:
        number += 1
    return f"C-{number}"


def _keep_words(session: Session, who: str, *, new: bool) -> None:
    nobody, one = pl.Series([], dtype=pl.String), pl.Series([who], dtype=pl.String)
    keep_words(session.connection(), *((one, nobody) if new else (nobody, one)))
