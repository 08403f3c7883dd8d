"""Rules to change, and who changes them."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Thread

import pytest

from custrata.engine.diagnostics import CustrataError
from custrata.service.rules import drafts
from custrata.service.rules.publish import export_text
from custrata.store.faults import StoreError

WRONG = "ruleset: 1\nclassifiers: {value: {tabel: {}}}\n"
MEETING = """\
ruleset: 1
classifiers:
  value:
    table:
      hit_policy: unique
      rules:
        - {frequency: "> 1", label: a}
        - {frequency: "> 2", label: b}
"""


def text_in_force(desk):
    with desk.database.read() as session:
        return export_text(session)


def changed(text, days=45):
    """The rules that ship, with another number of days for RFM's recency."""
    found = text.replace("recency_days: {cuts: [60]}", f"recency_days: {{cuts: [{days}]}}")
    assert found != text
    return found


def reminded(text, days=21):
    """The rules that ship, with another number of days for the reminder."""
    found = text.replace("days_since_touch: {cuts: [30]}", f"days_since_touch: {{cuts: [{days}]}}")
    assert found != text
    return found


def begun(desk, text=None, title="sooner"):
    return drafts.begin(desk, title, changed(text_in_force(desk)) if text is None else text)


def asked(desk, draft_id):
    with desk.database.read() as session:
        return drafts.draft(session, draft_id)


def refused(code, act, *words, **more):
    """The message of a refusal with that code."""
    with pytest.raises(StoreError) as caught:
        act(*words, **more)
    (found,) = caught.value.diagnostics
    assert found.code == code, str(found)
    return str(found)


def at_once(desk, *acts):
    """What each gives, or the code of what refuses it, where all are at it at the same time.

    Their clock stops until all have come to ask it (or, where the database lets one in at a time,
    for a moment).
    """
    barrier = Barrier(len(acts))

    def clock():
        with suppress(BrokenBarrierError):
            barrier.wait(0.4)
        return desk.clock()

    found = [None] * len(acts)

    def run(place, act):
        own = type(desk)(desk.database, f"person {place}", clock)
        try:
            found[place] = act(own)
        except CustrataError as error:
            found[place] = error.diagnostics[0].code

    threads = [Thread(target=run, args=one) for one in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return found
