"""Whose customers a page is about: one's own, a team's, everyone's."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.registers.staff import members, teams
from custrata.store.faults import refuse
from custrata.store.models import Customer, Staff

MINE, EVERYONE, TEAM = "mine", "everyone", "team:"
"""As addresses name them; a team's name follows."""


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


def _of_team(session: Session, team: str) -> Scope:
    known = teams(session)
    if team not in known:
        raise refuse("no-team", f"there is no team {team[:60]!r}", ", ".join(known))
    return Scope(f"{TEAM}{team}", frozenset(members(session, team)))
