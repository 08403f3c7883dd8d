"""Opening a store: its tables are there, and it has stages and rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk, wall_clock
from custrata.store import migrate
from custrata.store.database import Database
from custrata.store.models import RulesetVersion, Stage


def open_store(url: str, by: str = "system", clock: Callable[[], datetime] = wall_clock) -> Desk:
    """The store at an address; an empty database gets tables, stages and the rules that ship.

    Raises:
        StoreError: it cannot be opened, or needs `custrata db upgrade`.
    """
    desk = Desk(Database(url), by, clock)
    migrate.ready(desk.database)
    with desk.database.read() as session:
        seeded = _is_seeded(session)
    if not seeded:
        seed(desk)
    return desk


def seed(desk: Desk) -> None:
    """Put in what every store begins with, where it lacks."""
    with desk.database.lock("seed", wait=30), desk.database.write() as session:
        if not session.scalar(select(func.count()).select_from(Stage)):
            session.add_all(_stages())
        if not _is_seeded(session):
            shipped = files("custrata") / "config" / "rules.yaml"
            session.add(
                RulesetVersion(
                    number=1,
                    text=shipped.read_text(encoding="utf-8"),
                    published_at=desk.now(),
                    by="system",
                    comment=None,
                    kind="seed",
                    fires=False,
                )
            )
            note(session, desk.of("system"), "rules.publish", "version", 1, kind="seed")


def _is_seeded(session: Session) -> bool:
    return bool(session.scalar(select(func.count()).select_from(RulesetVersion)))


def _stages() -> list[Stage]:
    text = (files("custrata") / "service" / "setup" / "stages.yaml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = yaml.safe_load(text)
    plain = {"automatic": False, "exit": False}
    return [Stage(position=place, **{**plain, **row}) for place, row in enumerate(rows)]
