"""Other processes at the same database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HOLD = """
import sys, time
from custrata.store.database import Database
with Database(sys.argv[1]).lock(sys.argv[2]) as held:
    print(held, flush=True)
    time.sleep(60)
"""

TOGETHER = """
import os, sys
from sqlalchemy import select
from custrata.store import migrate
from custrata.store.database import Database
from custrata.store.models import Counter

def add(database):
    for _ in range(50):
        with database.write() as session:
            query = select(Counter).filter_by(name="facts").with_for_update()
            session.scalars(query).one().value += 1

work = {"add": add, "ready": migrate.ready}[sys.argv[2]]
children = []
for _ in range(int(sys.argv[3])):
    if child := os.fork():
        children.append(child)
    else:
        work(Database(sys.argv[1]))
        os._exit(0)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""
"""Several processes that do the same at once."""

DIE_AT_STATEMENTS = """
import os, signal, sys
from sqlalchemy import event
from custrata.store import migrate
from custrata.store.database import Database

for last in map(int, sys.argv[2:]):
    if not (child := os.fork()):
        database, left = Database(sys.argv[1]), [last]
        @event.listens_for(database.engine, "before_cursor_execute")
        def die(*_):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        migrate.upgrade(database)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""Processes that upgrade, one after the other; each is killed before one of its statements."""

TRY_TO_WRITE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
"""


def start(code: str, *words: object) -> subprocess.Popen:
    """A process that runs it; what it prints can be read."""
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> str:
    """What it printed, once it ended well."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


@contextmanager
def holding(url: str, name: str) -> Iterator[subprocess.Popen]:
    """A process that holds a lock, until it is killed."""
    process = start(HOLD, url, name)
    try:
        assert process.stdout.readline() == "True\n"
        yield process
    finally:
        process.kill()
        process.communicate()
