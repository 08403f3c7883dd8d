"""Whose customers a page is about: what the address asks for, and what can be asked."""

from __future__ import annotations

from flask import request

from custrata.admin.here import desk
from custrata.admin.morning_words import scope_name
from custrata.service.registers.staff import teams
from custrata.service.sales.scope import EVERYONE, MINE, TEAM, Scope, scope_of, usual


def asked_scope() -> Scope:
    """What the address asks for, else what fits who asks.

    Raises:
        StoreError: there is no such team.
    """
    with desk().database.read() as session:
        return scope_of(session, request.args.get("whose"), desk().by)


def usual_scope() -> Scope:
    """What fits who asks."""
    with desk().database.read() as session:
        return usual(session, desk().by)


def scopes() -> list[tuple[str, str]]:
    """What can be asked for, with its name."""
    with desk().database.read() as session:
        names = [MINE, EVERYONE, *(f"{TEAM}{one}" for one in teams(session))]
    return [(name, scope_name(Scope(name))) for name in names]


def own_scope() -> Scope:
    """Who asks, and nobody else's customers."""
    return Scope(MINE, frozenset([desk().by]))
