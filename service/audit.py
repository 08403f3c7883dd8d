"""What was changed, by whom: one event for every change of rules, stages, groups, users."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from custrata.service.desk import Desk
from custrata.store.models import AuditEvent


def note(
    session: Session,
    desk: Desk,
    action: str,
    subject_kind: str,
    subject: object = None,
    **detail: Any,
) -> None:
    """Write an event in the transaction of the change itself.

    Args:
        action: `rules.publish`, `group.delete`, `customer.erase` ...
        subject_kind: `draft`, `group`, `user` ...
        subject: its id.
        detail: JSON values; never what a customer is called or wrote.
    """
    session.add(
        AuditEvent(
            at=desk.now(),
            by=desk.by,
            action=action,
            subject_kind=subject_kind,
            subject=None if subject is None else str(subject),
            detail=detail or None,
        )
    )
