"""The files of facts that a use case reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custrata.service.progress import Progress, silent


@dataclass(frozen=True)
class Inputs:
    """Which file holds which record.

    Attributes:
        files: by record, one of `model.RECORDS`.
        columns: by record, then by our name of a column, the file's own name for it.
    """

    files: Mapping[str, Path]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def frames(self, progress: Progress = silent) -> dict[str, Any]:
        """The files by record, ready for `Engine.run`.

        Raises:
            DataError: a file that cannot be read, or that lacks a column.
        """
        from custrata.service.files import read  # brings engines: words are checked without

        frames = {}
        for done, (record, path) in enumerate(self.files.items()):
            progress("read", done, len(self.files))
            frames[record] = read(path, record, self.columns.get(record, {}))
        progress("read", len(self.files), len(self.files))
        return frames
