"""`custrata worker`."""

import re
import signal
import time

import pytest

from custrata.service.setup import open_store
from custrata.service.work.jobs import ask


@pytest.fixture
def store(place):
    """A store with a job that nobody knows."""
    desk = open_store(f"sqlite:///{place / 'custrata.db'}")
    ask(desk, "bake")
    yield desk
    desk.database.close()


@pytest.mark.usefixtures("store")
def test_once_says_what_it_will_do_and_how_each_job_ended(place):
    shown = place.run("worker", "--once")
    assert shown.exit_code == 1
    first, *others = shown.output.splitlines()
    assert first.startswith("working on sqlite+pysqlite:///")
    assert others[0] == "every night at 02:00 (Asia/Ho_Chi_Minh): all customers, by new cut points"
    assert re.fullmatch(r"next: (day|nightly):[\d-]{10}, [\d-]{10} (00|02):00", others[1])
    assert others[2] == "looking for jobs every 5 seconds"
    late = r"catching up: (day|nightly):[\d-]{10} was due at [\d-]{10} \d\d:00, and no worker was"
    assert re.match(late, others[3])
    # between midnight and the night run, both the day's and last night's are caught up
    assert set(re.findall(r"^\S+ \S+  (\w+) ", shown.output, re.MULTILINE)) == {"bake", "run"}
    fault = r"bake 1: failed after [\d.]+ s: this program knows no job of the kind 'bake'\n"
    assert re.search(fault, shown.output)
    again = place.run("worker", "--once")
    assert (again.exit_code, len(again.output.splitlines())) == (0, 4)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("store")
def test_a_signal_stops_it_cleanly(place, monkeypatch, number):
    waited = []

    def wait(stop, seconds):
        waited.append(seconds)
        signal.raise_signal(number)
        stop.wait(seconds)

    monkeypatch.setattr("custrata.service.work.worker.sleep", wait)
    before = signal.getsignal(number)
    assert place.run("worker").exit_code == 0
    assert waited == [5.0]
    assert signal.getsignal(number) is before


@pytest.fixture
def interruptible():
    """As at a terminal; a process in the background ignores Ctrl-C from the start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("store", "interruptible")
def test_a_second_one_breaks_it_off(place, monkeypatch):
    def wait(stop, _seconds):
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(10)
        signal.raise_signal(signal.SIGINT)
        time.sleep(10)

    monkeypatch.setattr("custrata.service.work.worker.sleep", wait)
    shown = place.run("worker")
    assert (shown.exit_code, shown.stderr.strip()) == (1, "Aborted!")


def test_a_redis_whose_address_is_none(place, monkeypatch):
    monkeypatch.setenv("CUSTRATA_REDIS", "here:6379")
    shown = place.run("worker", "--once")
    assert shown.exit_code == 1
    assert "this is no address of a Redis; allowed: redis://host:port/number" in shown.stderr
