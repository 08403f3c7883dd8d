"""Published versions: the one in force, those before, and their engines."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache, lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.diagnostics import RulesError
from custrata.engine.plugins import Plugins, load_plugins
from custrata.store.faults import refuse
from custrata.store.models import RulesetVersion


@dataclass(frozen=True)
class Version:
    """A published version as a value. Nothing changes one.

    Attributes:
        text: the rules as they were handed in, to the character.
        kind: `seed`, `publish`, `import` or `roll_back`.
        fires: whether the first run under it fires outward effects.
        draft_id: the draft that it was; None where it was none.
    """

    number: int
    text: str
    published_at: datetime
    by: str
    comment: str | None
    kind: str
    fires: bool
    draft_id: int | None

    @classmethod
    def of(cls, row: RulesetVersion) -> Version:
        """The value of a row."""
        return cls(**{one.name: getattr(row, one.name) for one in fields(cls)})


def current(session: Session) -> RulesetVersion:
    """The version in force: the one with the greatest number."""
    newest = select(RulesetVersion).order_by(RulesetVersion.number.desc()).limit(1)
    return session.scalars(newest).one()


def version(session: Session, number: int) -> RulesetVersion:
    """A version by its number.

    Raises:
        StoreError: there is none.
    """
    newest = current(session).number
    found = session.get(RulesetVersion, number) if 1 <= number <= newest else None
    if found is None:
        raise refuse("no-version", f"there is no version {number} of the rules", f"1 to {newest}")
    return found


def versions(session: Session, skip: int = 0, limit: int | None = None) -> tuple[Version, ...]:
    """All of them, the one in force first; without the first `skip`, at most `limit`."""
    rows = select(RulesetVersion).order_by(RulesetVersion.number.desc())
    return tuple(map(Version.of, session.scalars(rows.offset(skip).limit(limit))))


def need_in_force(session: Session, number: int) -> None:
    """Nothing may be published over a version that is not in force any more.

    Raises:
        StoreError: another one is; names who published it, and when.
    """
    newest = current(session)
    if newest.number != number:
        told = f"version {newest.number} of the rules was published by {newest.by} at"
        told += f" {moment(newest.published_at)}; this is a change of version {number}"
        raise refuse("rules-moved", told, f"a change of version {newest.number}")


def moment(at: datetime) -> str:
    """A time as messages tell it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def engine_of(found: RulesetVersion) -> Engine:
    """The engine of a version; read once a process."""
    return engine_of_text(found.text, f"version {found.number}")


def engine_of_text(text: str, name: str) -> Engine:
    """The engine of rules as text; `name` stands for the file in messages.

    Raises:
        RulesError: the rules are wrong; carries every diagnostic.
    """
    found = _read(text, name)
    if isinstance(found, RulesError):
        raise RulesError(found.diagnostics)
    return found


@lru_cache(maxsize=32)
def _read(text: str, name: str) -> Engine | RulesError:
    """Faults are kept too: a text that is wrong is asked for as often as a right one."""
    try:
        return Engine.from_text(text, name, plugins=installed())
    except RulesError as error:
        return error


@cache
def installed() -> Plugins:
    """The plugins of this process."""
    return load_plugins()
