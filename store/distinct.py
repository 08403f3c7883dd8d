"""The different values of a column, however many rows there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

LAST = "\U0010ffff"
"""A sign after all others."""


def each(
    session: Session, least: Select[Any], column: Any, start: str = "", end: str = LAST
) -> Iterator[str]:
    """The different values of an indexed column, one look-up each.

    Args:
        least: the query of the least value of the column. start, end: between which values.
    """
    found = session.scalar(least.where(column >= start, column < end))
    while found is not None:
        yield found
        found = session.scalar(least.where(column > found, column < end))
