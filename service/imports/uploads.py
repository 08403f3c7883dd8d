"""Files that were sent to be imported, kept in a folder of the deployment until they are taken in.

Each has a folder of its own: the file, what is known of it, how far its import is, and the rows
that were refused. What was taken in is removed at once, the rest after `KEPT`.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.desk import Desk
from custrata.service.imports.refused import refused_beside
from custrata.service.imports.results import ImportSummary, Plan
from custrata.service.imports.rows import Forms
from custrata.service.imports.work import import_file, preview
from custrata.service.staged import Staged
from custrata.store.database import Database
from custrata.store.faults import refuse

KEPT = timedelta(days=7)
ENDINGS = (".csv", ".xlsx", ".parquet")
_FOLDER = "CUSTRATA_UPLOADS"
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME = 200
_EVERY = 0.3
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that was sent.

    Attributes:
        name: as it was called where it came from. size: in bytes.
        folder: its own.
    """

    id: str
    name: str
    by: str
    at: datetime
    size: int
    folder: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "file" / self.name

    @property
    def refused(self) -> Path:
        """Where its refused rows are, once there are some."""
        return self.folder / "refused" / refused_beside(Path(self.name)).name

    @property
    def waiting(self) -> bool:
        """Whether it is still to be taken in."""
        return self.path.exists()


@dataclass(frozen=True)
class Choices:
    """How somebody wants a file to be read; see `imports.preview`.

    Attributes:
        columns: by our name of a field, the file's own; None as a whole guesses.
    """

    record: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    attributes: Sequence[str] | None = None
    dates: Any = None
    numbers: Any = None

    @property
    def options(self) -> dict[str, Any]:
        """As `preview` and `import_file` take them."""
        return {
            "record": self.record,
            "columns": dict(self.columns),
            "attributes": self.attributes,
            "forms": Forms(self.dates, self.numbers),
        }

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


# --- kept ---------------------------------------------------------------------------------


def folder_of(database: Database) -> Path:
    """Where uploads of a store are.

    As `CUSTRATA_UPLOADS` says; else beside an SQLite file, or among the data of the user whose
    process this is.
    """
    named = os.environ.get(_FOLDER)
    if named:
        return Path(named)
    place = database.url.database or ""
    if database.dialect == "sqlite":
        return Path(f"{place}.uploads")
    whole = f"{database.url.host}:{database.url.port}/{place}"
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "custrata" / blake2b(whole.encode(), digest_size=8).hexdigest()


def keep(desk: Desk, name: str, content: IO[bytes]) -> Upload:
    """Keep a file that is sent; whoever else uses this machine cannot read it.

    Raises:
        DataError: its ending is none that is read, or it is empty. StoreError: it cannot be kept.
    """
    sweep(desk)
    called = _plain_name(name)
    upload_id = secrets.token_hex(16)
    folder = folder_of(desk.database) / upload_id
    try:
        (folder / "file").mkdir(mode=0o700, parents=True)
        folder.chmod(0o700)
        size = _copied(content, folder / "file" / called)
        kept = Upload(upload_id, called, desk.by, desk.now(), size, folder)
        _write(folder / "about.json", {"name": called, "by": kept.by, "at": kept.at.isoformat()})
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = (error.strerror or "it cannot be written").lower()
        raise refuse("upload-folder", f"the file cannot be kept here: {reason}") from error
    if not size:
        drop(desk, upload_id)
        raise DataError(Diagnostic("file-empty", f"{called} is empty", allowed="a file with rows"))
    return kept


def upload(desk: Desk, upload_id: str) -> Upload:
    """A file by its id.

    Raises:
        StoreError: there is none, or it is gone.
    """
    folder = folder_of(desk.database) / upload_id
    about = _read(folder / "about.json") if _ID.fullmatch(upload_id) else None
    if about is None:
        days = KEPT.days
        fault = f"this file is here no more: it was taken in, or is older than {days} days"
        raise refuse("no-upload", fault, "the file sent again")
    path = folder / "file" / about["name"]
    size = path.stat().st_size if path.exists() else 0
    at = datetime.fromisoformat(about["at"])
    return Upload(upload_id, about["name"], about["by"], at, size, folder)


def uploads(desk: Desk) -> tuple[Upload, ...]:
    """All that are still kept, the latest first."""
    found = [upload(desk, one.name) for one in _folders(desk) if _read(one / "about.json")]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def drop(desk: Desk, upload_id: str) -> None:
    """Remove a file and all about it; nothing happens where it is gone."""
    if _ID.fullmatch(upload_id):
        shutil.rmtree(folder_of(desk.database) / upload_id, ignore_errors=True)


def sweep(desk: Desk) -> None:
    """Remove what is older than `KEPT`."""
    for one in _folders(desk):
        about = _read(one / "about.json")
        if _left_behind(one) if about is None else _age(desk, about) > KEPT:
            drop(desk, one.name)


def _age(desk: Desk, about: Mapping[str, Any]) -> timedelta:
    return desk.now() - datetime.fromisoformat(about["at"])


def _left_behind(folder: Path) -> bool:
    """Whether a file was cut off on its way here; one that is still coming looks the same."""
    with suppress(OSError):
        return time.time() - folder.stat().st_mtime > KEPT.total_seconds()
    return False


# --- taken in -----------------------------------------------------------------------------


def planned(desk: Desk, kept: Upload, choices: Choices) -> Plan:
    """What taking it in would do; nothing is written.

    Raises:
        DataError: the file, or a whole column of it, cannot be read.
    """
    return preview(desk, kept.path, **choices.options)


def take_in(desk: Desk, upload_id: str, choices: Choices) -> dict[str, Any]:
    """Take in a file, and keep nothing of it but the refused rows; what is worth telling of it.

    Done again after it was cut off, it tells the same.

    Raises:
        DataError: the file cannot be read. StoreError: it is gone, or nothing can be written.
    """
    kept = upload(desk, upload_id)
    told: dict[str, Any] | None = _read(kept.folder / "done.json")
    if told is None:
        kept.refused.parent.mkdir(mode=0o700, exist_ok=True)
        progress = _Told(kept.folder / "progress.json")
        done = import_file(
            desk, kept.path, refused=kept.refused, progress=progress, **choices.options
        )
        told = _summed_up(done)
        _write(kept.folder / "done.json", told)
    shutil.rmtree(kept.path.parent, ignore_errors=True)
    if not told["refused"]:
        drop(desk, upload_id)
    return told


def how_far(kept: Upload) -> tuple[str, int, int] | None:
    """The step of an import, how many of its parts are done, and how many there are."""
    found = _read(kept.folder / "progress.json")
    return None if found is None else (found["step"], found["done"], found["total"])


class _Told:
    """Writes progress beside the file, where other processes read it."""

    def __init__(self, path: Path):
        self._path, self._next = path, 0.0
        self._step: str | None = None

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step or time.monotonic() >= self._next:
            with suppress(OSError):
                _write(self._path, {"step": step, "done": done, "total": total})
            self._step, self._next = step, time.monotonic() + _EVERY


def _summed_up(done: ImportSummary) -> dict[str, Any]:
    return {
        "import": done.import_id,
        "record": done.record,
        "rows": done.rows,
        **asdict(done.counts),
        "touched": done.touched,
        "refused": done.refused,
        "reasons": [[one.text, one.rows, list(one.lines)] for one in done.reasons],
    }


# --- files --------------------------------------------------------------------------------


def _folders(desk: Desk) -> Iterator[Path]:
    try:
        found = list(folder_of(desk.database).iterdir())
    except OSError:  # nothing was ever sent, or it is not this process that may look
        return
    yield from (one for one in found if _ID.fullmatch(one.name))


def _plain_name(name: str) -> str:
    """A file's name without what no folder takes.

    Raises:
        DataError: its ending is none that is read.
    """
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^\w .()+-]+", "_", last).strip(" .")
    stem, ending = Path(plain).stem, Path(plain).suffix.lower()
    if ending not in ENDINGS:
        fault = f"{plain[:80]!r} is no file that is read here"
        raise DataError(Diagnostic("file-ending", fault, allowed=", ".join(ENDINGS)))
    short = stem.encode()[: _LONGEST_NAME - len(ending)].decode(errors="ignore")
    return (short or "file") + ending


def _copied(content: IO[bytes], path: Path) -> int:
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, _PIECE)
        return file.tell()


def _write(path: Path, value: Mapping[str, Any]) -> None:
    with Staged() as staged:
        staged.path(path).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _read(path: Path) -> Any:
    """What a file of ours says; None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
