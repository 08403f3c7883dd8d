"""Who is in a group: customers put in and taken out by hand."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, delete, insert, literal, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.registers.entries import entry
from custrata.store.faults import refuse
from custrata.store.models import Customer, Group, Membership
from custrata.store.types import Instant


def members(session: Session, code: str) -> list[str]:
    """The ids of the customers in a group, not of those in the groups below it.

    Raises:
        StoreError: no such group.
    """
    group = entry(session, Group, code)
    return list(session.scalars(_ids(group).order_by(Membership.customer_id)))


def put_in(desk: Desk, code: str, customer_ids: Collection[str]) -> int:
    """Put customers into a group; how many were not in it before.

    Raises:
        StoreError: no such group, a dynamic one, or an id that nobody has; nothing changes.
    """
    with touching(desk) as here:
        group = _by_hand(here.session, code)
        count = here.touch(Customer.customer_id.not_in(_ids(group)), among=customer_ids)
        values = {
            "group_id": literal(group.id),
            "customer_id": Customer.customer_id,
            "since": literal(desk.now(), Instant()),
            "by": literal(desk.by),
        }
        rows = select(*values.values()).where(here.touched)
        here.session.execute(insert(Membership).from_select(list(values), rows))
        _tell(here, "group.put_in", code, count)
    return count


def take_out(desk: Desk, code: str, customer_ids: Collection[str]) -> int:
    """Take customers out of a group; how many were in it.

    Raises:
        StoreError: no such group, a dynamic one, or an id that nobody has; nothing changes.
    """
    with touching(desk) as here:
        group = _by_hand(here.session, code)
        return _take(here, group, customer_ids)


def empty_group(desk: Desk, code: str) -> int:
    """Take everyone out of a group; how many were in it.

    Raises:
        StoreError: no such group, or a dynamic one.
    """
    with touching(desk) as here:
        return _take(here, _by_hand(here.session, code), None)


def touch_members(here: Touching, group: Group) -> None:
    """Something becomes known of all who are in a group."""
    here.touch(Customer.customer_id.in_(_ids(group)))


def forget_members(session: Session, group: Group) -> None:
    """Nobody is in the group any more."""
    session.execute(delete(Membership).where(Membership.group_id == group.id))


def _ids(group: Group) -> Select[str]:
    return select(Membership.customer_id).where(Membership.group_id == group.id)


def _by_hand(session: Session, code: str) -> Group:
    group = entry(session, Group, code)
    if group.rule is not None:
        fault = f"who is in the group {code} follows from its rule"
        raise refuse("group-dynamic", fault, "a group without a rule")
    return group


def _take(here: Touching, group: Group, customer_ids: Collection[str] | None) -> int:
    count = here.touch(Customer.customer_id.in_(_ids(group)), among=customer_ids)
    touched = select(Customer.customer_id).where(here.touched)
    gone = delete(Membership).where(
        Membership.group_id == group.id, Membership.customer_id.in_(touched)
    )
    here.session.execute(gone)
    _tell(here, "group.take_out", group.code, count)
    return count


def _tell(here: Touching, action: str, code: str, count: int) -> None:
    if count:
        note(here.session, here.desk, action, "group", code, customers=count)
    here.settle()
