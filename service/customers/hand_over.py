"""Customers handed from one salesperson to another, many at once; nothing of them is lost.

What was the former owner's goes along: open feedback, planned visits, open opportunities. The
customers' team is that of the new owner from now on, where the register of staff knows it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, select, update

from custrata.service.audit import note
from custrata.service.customers.feedback import hand_along
from custrata.service.customers.stepping import opportunities_along
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.values import needed, prose, word, wrong
from custrata.store.models import Customer, OwnerChange, Staff, Visit
from custrata.store.types import Instant, long_text

_FEW = 500
"""So many ids in one statement."""


def hand_over(
    desk: Desk,
    to_owner: str,
    from_owner: str | None = None,
    customer_ids: Collection[str] | None = None,
    why: str | None = None,
) -> int:
    """Give customers to another salesperson; how many changed hands.

    Those of `from_owner`, those with these ids, or with both given those of these ids who are
    that owner's. Who has the new owner already stays as she is. Owners are free text.

    Raises:
        DataError: neither is given, or a text cannot be.
        StoreError: an id that nobody has; nothing changes.
    """
    before = word("from_owner", from_owner)
    if before is None and customer_ids is None:
        raise wrong("nobody-named", "nobody is named to hand over", "an owner, ids, or both")
    those = [] if before is None else [Customer.owner == before]
    with touching(desk) as here:
        count = give(here, to_owner, those, customer_ids, why, before)
        here.settle()
    return count


def give(
    here: Touching,
    to_owner: str,
    those: Sequence[ColumnElement[bool]],
    among: Collection[str] | None,
    why: str | None = None,
    from_owner: str | None = None,
) -> int:
    """The same in a transaction that looks at more, and settles it; see `hand_over`.

    Args:
        those: conditions that hold for whom is given. among: ids; None for everyone's.
        from_owner: whose they all are, where somebody's: the event says it.
    """
    owner, reason = needed("to_owner", to_owner), prose("why", why)
    count = here.touch(Customer.owner.is_distinct_from(owner), *those, among=among)
    along = {
        "feedback": hand_along(here, owner),
        "visits": _visits_along(here, owner),
        "opportunities": opportunities_along(here, owner),
    }
    _give(here, owner, reason)
    if count:
        said: dict[str, Any] = {"from_owner": from_owner, "to_owner": owner}
        said |= {name: there for name, there in along.items() if there}
        note(here.session, here.desk, "customers.hand_over", "owner", customers=count, **said)
    return count


def _visits_along(here: Touching, owner: str) -> int:
    """Planned visits go with touched customers; only those that their owner of now would make."""
    theirs = select(Visit.id).join(Customer, Customer.customer_id == Visit.customer_id)
    own = theirs.where(here.touched, Visit.owner == Customer.owner, Visit.state == "planned")
    ids = here.session.scalars(own).all()
    for start in range(0, len(ids), _FEW):
        some = Visit.id.in_(ids[start : start + _FEW]), Visit.state == "planned"
        here.session.execute(update(Visit).where(*some).values(owner=owner))
    return len(ids)


def _give(here: Touching, owner: str, why: str | None) -> None:
    """History first: it takes the owner of before from the customer's row."""
    now = literal(here.desk.now(), Instant())
    history = {
        "customer_id": Customer.customer_id,
        "changed_at": now,
        "from_owner": Customer.owner,
        "to_owner": literal(owner),
        "by": literal(here.desk.by),
        "why": literal(why, long_text()),
        "recorded_at": now,
    }
    rows = select(*history.values()).where(here.touched)
    here.session.execute(insert(OwnerChange).from_select(list(history), rows))
    values = {"owner": owner}
    known = here.session.get(Staff, owner)
    if known is not None and known.team is not None:
        values["team"] = known.team
    here.session.execute(update(Customer).where(here.touched).values(values))
