"""Rules of dynamic groups before they are kept: whether one can be, and whom it would take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.draft import swap_set
from custrata.service.desk import Desk
from custrata.service.registers.group_names import check_group_names
from custrata.service.rules.versions import current
from custrata.service.runs.groups import PREFIX, with_groups
from custrata.service.runs.population import population

_ANEW = 50_000
"""So many customers are measured anew for a rule that reads what the last run did not."""
_CODE = "new"


@dataclass(frozen=True)
class Held:
    """What a rule would take.

    Attributes:
        customers: how many; None where the next run has to tell, since the rule reads what the
            last one did not, of many.
        of: how many there are. as_of: the day of that run.
    """

    customers: int | None
    of: int
    as_of: date


def check_rule(session: Session, rule: str) -> Engine:
    """The engine in force that decides a group besides, if its rule can be one.

    Args:
        rule: cells as in a row of a table, as YAML, or a list of such rows.

    Raises:
        RulesError: it cannot, or names what there is not; carries every diagnostic.
    """
    engine = with_groups(current(session), {_CODE: rule})
    check_group_names(session, engine, PREFIX + _CODE)
    return engine


def would_hold(desk: Desk, rule: str) -> Held:
    """Decide a rule for the customers as the last run found them; nothing is written.

    Args:
        rule: cells as in a row of a table, as YAML, or a list of such rows.

    Raises:
        RulesError: the rule is wrong; carries every diagnostic.
        StoreError: no run has landed yet.
    """
    with desk.database.read() as session:
        engine = check_rule(session, rule)
    found = population(desk)
    if found.lacks(engine):
        if found.customers > _ANEW:
            return Held(None, found.customers, found.as_of)
        found = population(desk, engine)
    name = PREFIX + _CODE
    sizes = swap_set(engine, found.result, [name], found.base).sizes[name]
    return Held(sizes.get("true", (0, 0))[1], found.customers, found.as_of)
