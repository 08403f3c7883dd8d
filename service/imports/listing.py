"""The imports that there were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.store.models import Import


@dataclass(frozen=True)
class Listed:
    """A file that was taken in.

    Attributes:
        rows: how many it had: those that were new, changed something, said the same, or were
            refused.
    """

    id: int
    at: datetime
    by: str
    record: str
    file: str
    rows: int
    inserted: int
    changed: int
    same: int
    refused: int


def imports(session: Session, before: int | None = None, limit: int = 30) -> tuple[Listed, ...]:
    """Imports, the latest first.

    Args:
        before: only those with a smaller id. limit: so many at most.
    """
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Import.id < before)
    return tuple(map(_listed, session.scalars(query)))


def _listed(row: Import) -> Listed:
    return Listed(
        row.id,
        row.at,
        row.by,
        row.record,
        row.file,
        row.rows,
        row.inserted,
        row.changed,
        row.same,
        row.refused,
    )
