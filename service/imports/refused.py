"""Refused rows in a file that can be opened, mended and sent again."""

from __future__ import annotations

import filecmp
import re
from itertools import count
from pathlib import Path

import polars as pl

from custrata.service.files import fail
from custrata.service.imports.faults import ROW, WHY
from custrata.service.imports.records import REFUSED
from custrata.service.imports.sheet import Sheet


def refused_beside(path: Path) -> Path:
    """A place beside a file where nothing is yet: `sales.refused.csv`."""
    stem = re.sub(r"\.refused(-\d+)?$", "", path.stem)
    for number in count(1):
        numbered = "" if number == 1 else f"-{number}"
        place = path.with_name(f"{stem}.refused{numbered}{path.suffix}")
        if not place.exists():
            return place
    raise AssertionError("numbers do not end")


def earlier(place: Path) -> list[Path]:
    """Files of refused rows that were written before this one, of the same file."""
    found = re.fullmatch(r"(.*\.refused)(?:-(\d+))?", place.stem)
    if found is None:
        return []
    names = [found[1], *(f"{found[1]}-{number}" for number in range(2, int(found[2] or 1)))]
    others = [place.with_name(name + place.suffix) for name in names]
    return [one for one in others if one != place and one.exists()]


def kept_once(place: Path) -> Path:
    """Where the rows are: in the file before this one, where that says the same."""
    before = earlier(place)
    if not before or not filecmp.cmp(before[-1], place, shallow=False):
        return place
    place.unlink()
    return before[-1]


def write_refused(sheet: Sheet, faults: pl.DataFrame, path: Path) -> None:
    """The rows as they stand, with the reasons in a last column, in a file of the same kind.

    Args:
        faults: see `Faults.together`.

    Raises:
        DataError: the file cannot be written.
    """
    rows = sheet.rows.select(sheet.names).with_row_index(ROW)
    wrong = faults.lazy().rename({WHY: REFUSED})
    frame = rows.join(wrong, on=ROW, how="inner", maintain_order="left").drop(ROW).collect()
    try:
        _write(sheet, frame, path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        told = f"cannot write the refused rows: {reason}; nothing was imported"
        fail(path, "file-unreadable", told)


def _write(sheet: Sheet, frame: pl.DataFrame, path: Path) -> None:
    kind = sheet.path.suffix.lower()
    if kind == ".csv":
        bare = frame.with_columns(pl.col(pl.String).replace("", None))
        bare.write_csv(path, separator=sheet.file.separator, include_bom=True)
    elif kind == ".parquet":
        frame.write_parquet(path)
    else:
        from custrata.service.xlsx_files import write_xlsx

        write_xlsx(frame, path, "refused")
