"""What sessions are signed with: made once, the same for all processes of a store."""

from __future__ import annotations

import secrets

from sqlalchemy.orm import Session

from custrata.service.desk import Desk
from custrata.store.models import Setting

_NAME = "session_secret"


def session_secret(desk: Desk) -> str:
    """The secret of this store's sessions.

    Raises:
        StoreError: the store does not answer.
    """
    with desk.database.read() as session:
        known = _known(session)
    return known or _made(desk)


def _known(session: Session) -> str | None:
    row = session.get(Setting, _NAME)
    return str(row.value) if row is not None else None


def _made(desk: Desk) -> str:
    with desk.database.lock("seed", wait=30), desk.database.write() as session:
        known = _known(session)
        if known is None:
            known = secrets.token_urlsafe(32)
            session.add(Setting(name=_NAME, value=known))
        return known
