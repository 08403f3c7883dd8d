"""Opening a store: its tables are there, and it has registers and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import note
from custrata.service.desk import Desk, wall_clock
from custrata.service.rules.versions import engine_of_text
from custrata.store import migrate
from custrata.store.database import Database
from custrata.store.models import OpportunityStep, Question, RulesetVersion, Setting, Stage

_REGISTERS: Mapping[str, type[Stage | OpportunityStep | Question]] = {
    "stages": Stage,
    "opportunity_steps": OpportunityStep,
    "questions": Question,
}
"""What begins with entries of its own: by the name of the file that holds them."""
_SEEDED = "seeded"
"""The setting that names the registers that were filled; who emptied one since meant it."""


def open_store(
    url: str,
    by: str = "system",
    clock: Callable[[], datetime] = wall_clock,
    rules: str | None = None,
) -> Desk:
    """The store at an address; an empty database gets tables, registers and rules.

    Args:
        rules: the text of a new store's first rules; None for those that ship.

    Raises:
        StoreError: it cannot be opened, or needs `custrata db upgrade`.
        RulesError: a new store's first rules are wrong.
    """
    desk = Desk(Database(url), by, clock)
    try:
        migrate.ready(desk.database)
        with desk.database.read() as session:
            seeded = _is_seeded(session)
        if not seeded:
            seed(desk, rules)
    except CustrataError:
        desk.database.close()
        raise
    return desk


def seed(desk: Desk, rules: str | None = None) -> None:
    """Put in what every store begins with, where it lacks; see `open_store`.

    Raises:
        RulesError: the first rules are wrong; nothing is put in.
    """
    if rules is not None:
        engine_of_text(rules, "the first rules")
    with desk.database.lock("seed", wait=30), desk.database.write() as session:
        _seed_registers(session)
        if session.scalar(select(func.count()).select_from(RulesetVersion)):
            return
        session.add(
            RulesetVersion(
                number=1,
                text=rules or _shipped(),
                published_at=desk.now(),
                by="system",
                comment=None,
                kind="seed",
                fires=False,
            )
        )
        note(session, desk.of("system"), "rules.publish", "version", 1, kind="seed")


def _shipped() -> str:
    return (files("custrata") / "config" / "rules.yaml").read_text(encoding="utf-8")


def _is_seeded(session: Session) -> bool:
    return set(_seeded(session)) >= set(_REGISTERS)


def _seeded(session: Session) -> list[str]:
    found = session.get(Setting, _SEEDED)
    return [] if found is None else list(found.value or ())


def _seed_registers(session: Session) -> None:
    """Fill each register once, unless it holds something."""
    for name in set(_REGISTERS) - set(_seeded(session)):
        if not session.scalar(select(func.count()).select_from(_REGISTERS[name])):
            session.add_all(_entries(name))
    session.merge(Setting(name=_SEEDED, value=sorted(_REGISTERS)))


def _entries(name: str) -> list[Stage | OpportunityStep | Question]:
    place = files("custrata") / "service" / "setup" / f"{name}.yaml"
    rows: list[dict[str, Any]] = yaml.safe_load(place.read_text(encoding="utf-8"))
    model = _REGISTERS[name]
    return [model(position=number, **row) for number, row in enumerate(rows)]
