"""Who is in the dynamic groups, kept current by each run."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.run import Labelled
from custrata.service.runs.entry import Entry
from custrata.service.runs.groups import PREFIX
from custrata.service.runs.labels import texts
from custrata.service.runs.writing import add_members, take_members
from custrata.store import bulk
from custrata.store.models import Group, Membership

_BY = "group"


def keep_groups(
    session: Session,
    entry: Entry,
    labelled: Labelled,
    customers: Sequence[str] | None = None,
    without: Sequence[str] = (),
) -> None:
    """Bring the members of every dynamic group to what its rule says.

    Args:
        customers: those who were labelled; None for everyone.
        without: whom to leave as they are.
    """
    names = [one.name for one in labelled.compiled if one.name.startswith(PREFIX)]
    codes = [name.removeprefix(PREFIX) for name in names]
    ids = dict(
        session.execute(
            select(Group.code, Group.id).where(Group.code.in_(codes), Group.rule.is_not(None))
        ).all()
    )
    for name, code in zip(names, codes, strict=True):
        if code in ids:
            wanted = texts(labelled, name).filter(pl.col("label") == "true")["customer_id"]
            _keep(session, entry, ids[code], set(wanted), _scope(customers), set(without))


def _scope(customers: Sequence[str] | None) -> set[str] | None:
    return None if customers is None else set(customers)


def _keep(
    session: Session,
    entry: Entry,
    group: int,
    wanted: set[str],
    scope: set[str] | None,
    without: set[str],
) -> None:
    table = Membership.__table__.c
    query = select(table.customer_id).where(table.group_id == group)
    if scope is not None:
        query = query.where(table.customer_id.in_(scope))
    there = set(bulk.read(session.connection(), query)["customer_id"])
    add_members(session, entry, group, dict.fromkeys(sorted(wanted - there - without), _BY))
    take_members(session, group, sorted(there - wanted - without))
