"""The firm's choices, kept in the store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.engine.model import CONSENTS, DENIED
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.store.faults import refuse
from custrata.store.models import Setting

_MOST_TIMES = 10
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class Settings:
    """What a firm may choose.

    Attributes:
        four_eyes: whether rules are published by somebody who did not write them, after an
            approval.
        nightly_at: when all customers are classified anew with new cut points, `HH:MM` in the
            rules' time zone.
        alert_share: by more than which share of its size a segment has to grow or shrink from one
            run to the next for an alert; 0.2 is a fifth.
        largest_share: from which share of all revenue on one customer alone is an alarm.
        morning_at: when the morning page goes out by mail, `HH:MM` in the rules' time zone; empty
            for never.
        consent_needed: who is classified: `off` is everyone, `denied` all but those who refused,
            `given` only those who consented.
    """

    four_eyes: bool = False
    nightly_at: str = "02:00"
    alert_share: float = 0.2
    largest_share: float = 0.05
    morning_at: str = ""
    consent_needed: str = DENIED

    @property
    def mark(self) -> str:
        """Tells these choices from others."""
        return json.dumps(asdict(self), sort_keys=True)


def settings(session: Session) -> Settings:
    """The choices in force."""
    known = {one.name for one in fields(Settings)}
    rows = session.execute(select(Setting.name, Setting.value)).all()
    chosen: dict[str, Any] = {name: value for name, value in rows if name in known}
    return replace(Settings(), **chosen)


def change_settings(desk: Desk, seen: str | None = None, /, **values: Any) -> Settings:
    """Choose otherwise; the names are those of `Settings`.

    Args:
        seen: the `mark` of the choices that somebody saw when she began; None takes any.

    Raises:
        DataError: a value that cannot be; one diagnostic for each. Nothing was changed.
        StoreError: `changed-meanwhile`: others were chosen since.
    """
    _need_fit(values)
    with desk.database.write() as session:
        before = settings(session)
        if seen not in (None, before.mark):
            told = "somebody changed the settings since you opened them"
            raise refuse("changed-meanwhile", told, "a look at them, then the same again")
        changed = replace(before, **values)
        new = {
            name: value for name, value in asdict(changed).items() if value != getattr(before, name)
        }
        for name, value in new.items():
            session.merge(Setting(name=name, value=value))
        if new:
            note(session, desk, "settings.change", "settings", **new)
    return changed


# --- what may be chosen -------------------------------------------------------------------


def _need_fit(values: Mapping[str, Any]) -> None:
    """Refuse what cannot be chosen.

    Raises:
        DataError: one diagnostic for each value.
    """
    faults = [
        Diagnostic(f"setting-{name.replace('_', '-')}", f"{name} is {value!r}", allowed=allowed)
        for name, value in values.items()
        for fits, allowed in [_FITTING[name]]
        if not fits(value)
    ]
    if faults:
        raise DataError(faults)


def _is_time(value: object) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _is_share(most: int) -> Callable[[object], bool]:
    """Whether something is a number over 0, up to so many wholes."""

    def fits(value: object) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and 0 < value <= most  # type: ignore[operator]

    return fits


_FITTING: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "four_eyes": (lambda value: isinstance(value, bool), "true or false"),
    "nightly_at": (_is_time, "hours and minutes from 00:00 to 23:59, such as 02:00"),
    "alert_share": (
        _is_share(_MOST_TIMES),
        f"a number over 0, up to {_MOST_TIMES}; 0.2 is a fifth",
    ),
    "largest_share": (_is_share(1), "a number over 0, up to 1; 0.05 is a twentieth"),
    "morning_at": (
        lambda value: value == "" or _is_time(value),
        "hours and minutes from 00:00 to 23:59, such as 07:30, or nothing",
    ),
    "consent_needed": (lambda value: value in CONSENTS, ", ".join(CONSENTS)),
}
