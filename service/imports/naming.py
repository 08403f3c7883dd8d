"""Files that were sent and name a customer: they go with her."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from custrata.engine.diagnostics import DataError
from custrata.service.desk import Desk
from custrata.service.imports.sheet import open_sheet
from custrata.service.imports.texts import as_text
from custrata.service.imports.uploads import Upload, uploads
from custrata.store.faults import refuse


def naming(desk: Desk, customer_id: str) -> tuple[Upload, ...]:
    """The kept files, or their refused rows, in which a cell is her id."""
    return tuple(
        one for one in uploads(desk) if any(_names(path, customer_id) for path in _files(one))
    )


def drop_all(found: Sequence[Upload]) -> int:
    """Remove files and all about them; how many they were.

    Raises:
        StoreError: one cannot be removed.
    """
    for one in found:
        try:
            shutil.rmtree(one.folder)
        except FileNotFoundError:  # a worker was quicker
            continue
        except OSError as error:
            fault = "a file that was sent to be imported cannot be removed"
            raise refuse("upload-folder", fault, "a folder that may be written") from error
    return len(found)


def _files(kept: Upload) -> Iterator[Path]:
    for folder in (kept.path.parent, kept.refused.parent):
        if folder.is_dir():
            yield from folder.iterdir()


def _names(path: Path, customer_id: str) -> bool:
    """Whether a cell is her id; of what cannot be read that cannot be ruled out."""
    try:
        sheet = open_sheet(path)
        return any(
            (as_text(sheet.column(name)).str.strip_chars() == customer_id).any()
            for name in sheet.names
        )
    except DataError:
        return True
