"""The company as files, as a customer book and its shop would export them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from custrata.service.company.records import Company
from custrata.service.staged import Staged

_WRITERS: Mapping[str, Callable[[pl.DataFrame, Path], object]] = {
    ".csv": pl.DataFrame.write_csv,
    ".parquet": pl.DataFrame.write_parquet,
}


def write(company: Company, folder: Path, ending: str = ".csv") -> dict[str, Path]:
    """Write a file for each record into a folder, which is made; all appear or none.

    Columns have the names under which custrata reads them. In CSV and XLSX a moment is text with
    its offset, `2026-11-21T09:30:00+07:00`.

    Args:
        ending: `.csv`, `.parquet` or `.xlsx`.

    Returns:
        The paths by record.
    """
    from custrata.service.xlsx_files import write_xlsx

    folder.mkdir(parents=True, exist_ok=True)
    writer = {**_WRITERS, ".xlsx": write_xlsx}[ending]
    paths = {record: folder / f"{record}{ending}" for record in company.frames()}
    with Staged() as staged:
        for record, frame in company.frames().items():
            writer(frame if ending == ".parquet" else _spelt(frame), staged.path(paths[record]))
    return paths


def _spelt(frame: pl.DataFrame) -> pl.DataFrame:
    """Moments as text."""
    return frame.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%:z"))
