"""Customers handed from one salesperson to another, many at once; nothing of them is lost.

Their open feedback goes along, where it was the former owner's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import insert, literal, select, update

from custrata.service.audit import note
from custrata.service.customers.feedback import hand_along
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.values import needed, prose, word, wrong
from custrata.store.models import Customer, OwnerChange
from custrata.store.types import Instant, long_text


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
    owner, before = needed("to_owner", to_owner), word("from_owner", from_owner)
    reason = prose("why", why)
    if before is None and customer_ids is None:
        raise wrong("nobody-named", "nobody is named to hand over", "an owner, ids, or both")
    with touching(desk) as here:
        those = [Customer.owner.is_distinct_from(owner)]
        if before is not None:
            those.append(Customer.owner == before)
        count = here.touch(*those, among=customer_ids)
        along = hand_along(here, owner)
        _give(here, owner, reason)
        if count:
            said: dict[str, Any] = {"from_owner": before, "to_owner": owner}
            said |= {"feedback": along} if along else {}
            note(here.session, desk, "customers.hand_over", "owner", customers=count, **said)
        here.settle()
    return count


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
    here.session.execute(update(Customer).where(here.touched).values(owner=owner))
