"""The worker: asks for what the clock wants, does what is due, waits.

As many processes as one likes may work side by side.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from threading import Event, Thread

from sqlalchemy.orm import Session

from custrata.engine.diagnostics import CustrataError
from custrata.service.deliveries.deliver import deliver
from custrata.service.deliveries.letters import prune as prune_sent
from custrata.service.desk import Desk
from custrata.service.imports.uploads import sweep
from custrata.service.rules.publish import publish_due
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs.basis import last_full
from custrata.service.runs.work import give_up_left
from custrata.service.sales.mornings import ask_in_the_morning
from custrata.service.settings import settings
from custrata.service.work.jobs import Work, Worked, ask, is_asked, prune, work_once
from custrata.service.work.kinds import KINDS
from custrata.service.work.schedule import NIGHTLY, Plan, Slot, due, plan

EVERY = 5.0
"""Seconds between two looks."""
_log = logging.getLogger(__name__)


def sleep(stop: Event, seconds: float) -> None:
    """Wait, unless one is to stop."""
    stop.wait(seconds)


def work(
    desk: Desk,
    *,
    stop: Event,
    every: float = EVERY,
    once: bool = False,
    kinds: Mapping[str, Work] = KINDS,
    wait: Callable[[Event, float], None] = sleep,
    told: Callable[[Worked], None] = lambda _: None,
) -> None:
    """Work until `stop` is set; the job and the request at hand are finished first.

    Webhooks go out in a thread of their own, so that neither waits for the other. A database that
    does not answer is said once by each, and tried again.

    Args:
        every: how many seconds to wait between two looks.
        once: whether to end when nothing is due any more.
        kinds: what jobs do, by the names of their kinds.
        wait: how to wait; that of a `Queue` returns when somebody rings.
        told: hears of every job that was worked on.

    Raises:
        CustrataError: with `once`, what stands in the way.
    """
    look = partial(_look, desk, stop, kinds, told)
    send = partial(deliver, desk.of("system"), stop=stop)
    if once:
        try:
            look()
        finally:
            send()
        return
    beside = partial(_repeat, "webhooks", send, stop, partial(stop.wait, every))
    sending = Thread(target=beside, daemon=True)  # who breaks it off does not wait for a receiver
    sending.start()
    _repeat("jobs", look, stop, partial(wait, stop, every))
    sending.join()


def tick(desk: Desk) -> None:
    """Do and ask for what the clock wants now; however many processes do, it happens once.

    Files that were sent to be imported and left lying are removed; runs whose process went away
    are said to be lost.

    Drafts whose time has come are published, and all customers are classified for the slots that
    are due and for a version of the rules that none were classified by. The morning page goes out
    by mail at its time.

    Raises:
        CustrataError: the database does not answer, or the rules in force cannot be loaded.
    """
    clock = desk.of("system")
    publish_due(clock)
    sweep(clock)
    give_up_left(clock)
    with desk.database.read() as session:
        planned, unused = plan_of(session), _unused_version(session)
    for slot in missed(desk, planned):
        ask(clock, "run", {"recalibrate": slot.kind == NIGHTLY}, slot.name, slot.at)
        if slot.kind == NIGHTLY:
            prune(clock)
            prune_sent(clock)
    if unused:
        ask(clock, "run", {"recalibrate": True}, f"version:{unused}")
    ask_in_the_morning(clock)


def drain(
    desk: Desk, stop: Event, kinds: Mapping[str, Work], told: Callable[[Worked], None]
) -> None:
    """Do what is due, one job after another."""
    while not stop.is_set() and (worked := work_once(desk, kinds)):
        told(worked)


def missed(desk: Desk, planned: Plan) -> list[Slot]:
    """The slots that are due, and for which nobody has asked yet."""
    return [slot for slot in due(planned, desk.now()) if not is_asked(desk, slot.name)]


def plan_of(session: Session) -> Plan:
    """When the clock asks, by the firm's settings and its rules' time zone."""
    zone = engine_of(current(session)).ruleset.time_zone
    return plan(zone, settings(session).nightly_at)


def _look(
    desk: Desk, stop: Event, kinds: Mapping[str, Work], told: Callable[[Worked], None]
) -> None:
    """What was asked for is done even where the clock cannot ask."""
    try:
        tick(desk)
    finally:
        drain(desk, stop, kinds, told)


def _unused_version(session: Session) -> int | None:
    """The number of the rules in force, where the last run was by others; before a first run: None.

    The first run is that of a night, or one that a person asks for.
    """
    last, number = last_full(session), current(session).number
    return number if last is not None and last.version != number else None


def _repeat(what: str, look: Callable[[], object], stop: Event, wait: Callable[[], object]) -> None:
    """Look again and again until one is to stop; what stands in the way is said once."""
    said = None
    while not stop.is_set():
        try:
            look()
            said = None
        except CustrataError as error:
            said = _say(f"{what}: {error}", said)
        wait()


def _say(fault: str, said: str | None) -> str:
    if fault != said:
        _log.warning("%s; trying again every few seconds", fault)
    return fault
