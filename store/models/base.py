"""What all tables have in common."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

from custrata.store.types import (
    Day,
    Instant,
    binary,
    bytewise,
    digest,
    json_value,
    long_text,
    serial,
)

Serial = Annotated[int, mapped_column(serial(), primary_key=True, autoincrement=True)]
Code = Annotated[str, mapped_column(bytewise())]
"""An id or a label: up to 255 characters, compared byte by byte."""
CodeKey = Annotated[str, mapped_column(bytewise(), primary_key=True)]
LongText = Annotated[str, mapped_column(long_text())]
Json = Annotated[Any, mapped_column(json_value())]
Blob = Annotated[bytes, mapped_column(binary())]
Digest = Annotated[bytes, mapped_column(digest())]


class Base(DeclarativeBase):
    """Base of every table. Constraints have names, so that migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it off the class
        datetime: Instant,
        date: Day,
        str: bytewise(),
        dict[str, Any]: json_value(),
        list[Any]: json_value(),
    }
