"""Does a piece of work in a process of its own, over and over, so that it can be killed.

Reads lines of words, `run URL`; for each it forks a process that does the work, and tells its
number, then `done` or `killed`. What takes long to import is imported once, before.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from custrata.service.desk import Desk
from custrata.service.imports import import_file
from custrata.service.rules.publish import publish
from custrata.service.runs import run
from custrata.store.database import Database

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
WORKS = {
    "run": run,
    "import": lambda desk, file: import_file(desk, Path(file)),
    "publish": lambda desk, draft, revision: publish(desk, int(draft), int(revision)),
}


def noon():
    return NOON


def tell(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main():
    for line in sys.stdin:
        work, url, *words = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            WORKS[work](Desk(Database(url), "an", noon), *words)
            os._exit(0)
        tell(str(child))
        _child, status = os.waitpid(child, 0)
        tell("killed" if os.WIFSIGNALED(status) else f"done {status}")


if __name__ == "__main__":
    main()
