"""Files that appear together when all is done, or not at all."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from types import TracebackType


class Staged:
    """Hands out a temporary path for each file; moves all into place on a clean exit.

    On an error the temporary files are removed and what stood there before stays as it was.
    Each lies beside its final place, so that the move is one rename.
    """

    def __init__(self) -> None:
        self._moves: list[tuple[Path, Path]] = []

    def path(self, final: Path) -> Path:
        """Where to write what shall become `final`; it has the same ending."""
        place = final.resolve()
        draft = place.with_name(f".{place.stem}.{secrets.token_hex(4)}{place.suffix}")
        self._moves.append((draft, place))
        return draft

    def __enter__(self) -> Staged:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._land()
        finally:
            for draft, _ in self._moves:
                draft.unlink(missing_ok=True)

    def _land(self) -> None:
        for draft, place in self._moves:
            if place.exists():
                with contextlib.suppress(OSError):
                    shutil.copymode(place, draft)
            draft.replace(place)
