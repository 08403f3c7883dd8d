"""Whose customers a page is about: one's own, a team's, everyone's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.registers.staff import members, teams
from custrata.store.distinct import each
from custrata.store.faults import refuse
from custrata.store.models import Contact, Customer, Staff, Target, Visit

MINE, EVERYONE, TEAM = "mine", "everyone", "team:"
"""As addresses name them; a team's name follows."""
_MOST = 500


@dataclass(frozen=True)
class Scope:
    """Whose customers are meant.

    Attributes:
        name: as addresses name it.
        owners: by their codes; None is everyone's, nobody's among them.
    """

    name: str
    owners: frozenset[str] | None = None

    @property
    def team(self) -> str | None:
        """The team, where it is one."""
        return self.name.removeprefix(TEAM) if self.name.startswith(TEAM) else None

    def has(self, owner: str | None) -> bool:
        """Whether what belongs to somebody belongs here."""
        return self.owners is None or owner in self.owners


def scope_of(session: Session, name: str | None, login: str) -> Scope:
    """The scope of that name; without one, what fits who asks.

    Raises:
        StoreError: there is no such team (`no-team`).
    """
    if name == EVERYONE:
        return Scope(EVERYONE)
    if name == MINE:
        return Scope(MINE, frozenset([login]))
    if name and name.startswith(TEAM):
        return _of_team(session, name.removeprefix(TEAM))
    return usual(session, login)


def usual(session: Session, login: str) -> Scope:
    """One's own where somebody sells and was not said to look after all, else everyone's."""
    known = session.get(Staff, login)
    if known is not None and known.everyone:
        return Scope(EVERYONE)
    return Scope(MINE, frozenset([login])) if sells(session, login) else Scope(EVERYONE)


def sells(session: Session, login: str) -> bool:
    """Whether somebody has customers."""
    own = select(Customer.customer_id).where(Customer.owner == login)
    return session.scalars(own.limit(1)).first() is not None


def sellers(session: Session, scope: Scope) -> list[str]:
    """The codes of everybody who does anything for customers there; an index serves each."""
    if scope.owners is not None:
        return sorted(scope.owners)
    found = set(session.scalars(select(Staff.code)))
    for column in (Contact.owner, Visit.owner, Target.owner):
        found |= set(_first(each(session, select(func.min(column)), column)))
    return sorted(found)


def _first(values: Iterable[str]) -> list[str]:
    return [one for one, _ in zip(values, range(_MOST), strict=False)]


def _of_team(session: Session, team: str) -> Scope:
    known = teams(session)
    if team not in known:
        raise refuse("no-team", f"there is no team {team[:60]!r}", ", ".join(known))
    return Scope(f"{TEAM}{team}", frozenset(members(session, team)))
