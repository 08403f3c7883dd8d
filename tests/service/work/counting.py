"""Three workers, as processes of their own, whose jobs write down that they were done.

    python counting.py URL FOLDER

The first job of the kind `hang` never ends: it writes down its process and waits for a signal.
When all have ended, how they did is printed.
"""

import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from custrata.service.desk import Desk
from custrata.service.work.worker import work
from custrata.store.database import Database


def main(url: str, folder: Path) -> None:
    children = [fork(url, folder) for _ in range(3)]
    signal.signal(signal.SIGTERM, lambda *_: [stop(child) for child in children])
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.stdout.write(f"{sorted(ends)}\n")


def stop(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGTERM)


def fork(url: str, folder: Path) -> int:
    child = os.fork()
    if child == 0:
        run(url, folder)
        os._exit(0)
    return child


def run(url: str, folder: Path) -> None:
    desk = Desk(Database(url), clock=lambda: datetime(2026, 11, 21, 5, tzinfo=UTC))
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    kinds = {
        "count": lambda _desk, given: note(folder, given["name"]),
        "hang": lambda _desk, _given: hang(folder),
        "run": lambda _desk, given: note(folder, f"run {given['recalibrate']}"),
    }
    work(desk, stop=stop, every=0.05, kinds=kinds)


def note(folder: Path, text: str) -> None:
    time.sleep(0.02)
    with (folder / "done").open("a") as file:
        file.write(f"{text}\n")


def hang(folder: Path) -> None:
    try:
        place = os.open(folder / "hanging", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        note(folder, "hang")
        return
    os.write(place, f"{os.getpid()}\n".encode())
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
