"""Locks between processes."""

import threading

import pytest

from custrata.store.database import Database
from tests.store.processes import holding


class Interrupted(Exception):
    """What breaks off work."""


def test_two_cannot_hold_a_lock_and_a_killed_holder_frees_it_at_once(database, url):
    with holding(url, "job:2026-11-21") as holder:
        with database.lock("job:2026-11-21") as held:
            assert not held
        with database.lock("another") as held:
            assert held
        holder.kill()
        with database.lock("job:2026-11-21", wait=20) as held:
            assert held


def test_a_lock_is_free_after_it_was_held_also_where_the_work_failed(database, url):
    other = Database(url)

    def work() -> None:
        with database.lock("work") as held, other.lock("work") as second:
            assert (held, second) == (True, False)
            raise Interrupted

    with pytest.raises(Interrupted):
        work()
    with other.lock("work") as held:
        assert held
    other.close()


def test_one_process_does_not_hold_a_lock_twice(database):
    with database.lock("work"), database.lock("work") as second:
        assert not second


def test_waiting_for_a_lock_gets_it_when_it_becomes_free(database, url):
    taken, free = threading.Event(), threading.Event()

    def hold() -> None:
        other = Database(url)
        with other.lock("work"):
            taken.set()
            free.wait(10)
        other.close()

    holder = threading.Thread(target=hold)
    holder.start()
    taken.wait(10)
    threading.Timer(0.2, free.set).start()
    with database.lock("work", wait=20) as held:
        assert held
    holder.join()


def test_locks_of_two_databases_are_apart(database, empty_url):
    other = Database(empty_url)
    with database.lock("work"), other.lock("work") as held:
        assert held
    other.close()
