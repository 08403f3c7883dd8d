"""What a run measured, kept as Parquet in pieces that can be rewritten one by one."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import polars as pl
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from custrata.service.runs.reading import Reader
from custrata.store.models import Run, RunChunk

_ROWS = 50_000
"""Customers of a piece: some megabytes, which every server takes in one statement."""


def keep_chunks(session: Session, run_id: int, pieces: list[RunChunk]) -> None:
    """Keep what a run measured; of earlier runs only what the last of each month did."""
    for piece in pieces:
        piece.run_id = run_id
    session.add_all(pieces)
    session.flush()
    kept: dict[date, int] = {}
    rows = select(Run.id, Run.as_of).where(Run.id.in_(select(RunChunk.run_id)))
    for run, day in session.execute(rows.order_by(Run.as_of, Run.id)):
        kept[day.replace(day=1)] = run
    session.execute(delete(RunChunk).where(RunChunk.run_id.not_in(kept.values())))


def pieces_of(measures: pl.DataFrame) -> list[RunChunk]:
    """One row a customer, cut and packed in order of ids; they belong to no run yet."""
    parts = measures.sort("customer_id").iter_slices(_ROWS)
    return [piece_of(part, number) for number, part in enumerate(parts)]


def piece_of(part: pl.DataFrame, number: int) -> RunChunk:
    """Some customers' rows as one piece."""
    buffer = BytesIO()
    part.write_parquet(buffer, compression="zstd")
    ids = part["customer_id"]
    return RunChunk(
        number=number, first_customer=ids[0], last_customer=ids[-1], data=buffer.getvalue()
    )


def measures_of(reader: Reader, run_id: int) -> pl.DataFrame | None:
    """What a run measured; None where it is kept no longer."""
    table = RunChunk.__table__.c
    query = select(table.data).where(table.run_id == run_id).order_by(table.number)
    parts = [pl.read_parquet(BytesIO(data)) for data in reader.frame(query)["data"]]
    return pl.concat(parts, how="vertical_relaxed") if parts else None
