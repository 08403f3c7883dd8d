"""Where an operation works: the store, and the program that asks."""

from __future__ import annotations

from flask import current_app, g

from custrata.service.desk import Desk
from custrata.service.people.tokens import Grant

EXTENSION = "custrata.api"


def store() -> Desk:
    """The store's desk; nobody's in particular."""
    found: Desk = current_app.extensions[EXTENSION]
    return found


def grant() -> Grant | None:
    """What the program that asks may do; None for one without a token that lets it in."""
    found: Grant | None = g.get("grant")
    return found


def caller() -> Grant:
    """The same, where an operation has let it in."""
    found = grant()
    assert found is not None
    return found


def desk() -> Desk:
    """The desk of whose token it is; histories name that person, or the token itself."""
    found = caller()
    return store().of(found.login or f"token:{found.prefix}")
