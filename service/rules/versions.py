"""Published versions: the one in force, those before, and their engines."""

from __future__ import annotations

from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.plugins import Plugins, load_plugins
from custrata.store.faults import refuse
from custrata.store.models import RulesetVersion


def current(session: Session) -> RulesetVersion:
    """The version in force: the one with the greatest number."""
    newest = select(RulesetVersion).order_by(RulesetVersion.number.desc()).limit(1)
    return session.scalars(newest).one()


def version(session: Session, number: int) -> RulesetVersion:
    """A version by its number.

    Raises:
        StoreError: there is none.
    """
    found = session.get(RulesetVersion, number)
    if found is None:
        newest = current(session).number
        raise refuse("no-version", f"there is no version {number} of the rules", f"1 to {newest}")
    return found


def engine_of(found: RulesetVersion) -> Engine:
    """The engine of a version; read once a process."""
    return engine_of_text(found.text, f"version {found.number}")


@lru_cache(maxsize=32)
def engine_of_text(text: str, name: str) -> Engine:
    """The engine of rules as text; `name` stands for the file in messages.

    Raises:
        RulesError: the rules are wrong; carries every diagnostic.
    """
    return Engine.from_text(text, name, plugins=installed())


@cache
def installed() -> Plugins:
    """The plugins of this process."""
    return load_plugins()
