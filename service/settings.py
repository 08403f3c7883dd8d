"""The firm's choices, kept in the store."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.store.models import Setting


@dataclass(frozen=True)
class Settings:
    """What a firm may choose.

    Attributes:
        four_eyes: whether rules are published by somebody who did not write them, after an
            approval.
        nightly_at: when all customers are classified anew with new cut points, `HH:MM` in the
            rules' time zone.
    """

    four_eyes: bool = False
    nightly_at: str = "02:00"


def settings(session: Session) -> Settings:
    """The choices in force."""
    known = {one.name for one in fields(Settings)}
    rows = session.execute(select(Setting.name, Setting.value)).all()
    chosen: dict[str, Any] = {name: value for name, value in rows if name in known}
    return replace(Settings(), **chosen)


def change_settings(desk: Desk, **values: Any) -> Settings:
    """Choose otherwise; the names are those of `Settings`."""
    with desk.database.write() as session:
        changed = replace(settings(session), **values)
        for name, value in asdict(changed).items():
            session.merge(Setting(name=name, value=value))
        note(session, desk, "settings.change", "settings", **values)
    return changed
