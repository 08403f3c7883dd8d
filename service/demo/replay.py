"""The made-up company in a store, lived through week by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from custrata.service.company import Company, write
from custrata.service.company.calendar import AWAY
from custrata.service.company.firm import firm, notebook
from custrata.service.company.records import TIME_ZONE
from custrata.service.demo.rules import firm_rules
from custrata.service.demo.team import bring_staff, plan_calls
from custrata.service.demo.visited import settle_visits
from custrata.service.desk import Desk
from custrata.service.imports import RECORDS, import_file
from custrata.service.progress import Progress, silent
from custrata.service.registers.closed_days import add_closed_days
from custrata.service.registers.groups import add_group
from custrata.service.registers.notebook import write_page
from custrata.service.registers.sources import add_source
from custrata.service.registers.treatments import set_treatment
from custrata.service.runs import run
from custrata.service.setup import open_store
from custrata.store.models import Setting

WEEKS = 13
TOLD = "demo"
"""The setting that says up to which day a store was lived through."""
_ZONE = ZoneInfo(TIME_ZONE)
_BY = "demo"
_EVENING = time(20)
_OFFER = "Gửi mẫu trà vụ mới"
_CALIBRATED = 4
"""Weeks after which cut points are found anew, the last time at the end."""
_ORDER = ("stage_changes", "owner_changes", "customers")
"""Records that come first: histories before what they led to."""


@dataclass
class Clock:
    """Shows the evening of a day of the story, never the time of the wall."""

    day: date

    def __call__(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.combine(self.day, _EVENING, _ZONE).astimezone(UTC)


def days_of(last_day: date) -> list[date]:
    """The days on which everyone is classified: a week apart, the last one at the end."""
    return [last_day - timedelta(weeks=weeks) for weeks in range(WEEKS, -1, -1)]


def replay(url: str, told: Company, last_day: date, progress: Progress = silent) -> None:
    """Live through the last three months in an empty store: each week's news, then a run.

    Raises:
        StoreError: the store cannot be written.
    """
    days = days_of(last_day)
    clock = Clock(days[0])
    desk = open_store(url, _BY, clock, firm_rules(last_day))
    try:
        _furnish(desk, told)
        known: Company | None = None
        for done, day in enumerate(days):
            progress("replay", done, len(days))
            clock.day = day
            now = told.until(day)
            _bring(desk, now.since(known) if known else now)
            run(desk, as_of=day, recalibrate=(len(days) - 1 - done) % _CALIBRATED == 0)
            known = now
        plan_calls(desk, last_day)
        settle_visits(desk, last_day, _ZONE)
        with desk.database.write() as session:
            session.add(Setting(name=TOLD, value=str(last_day)))
        progress("replay", len(days), len(days))
    finally:
        desk.database.close()


def _furnish(desk: Desk, told: Company) -> None:
    """What a firm enters by hand: its staff, its groups, its notebook, and when it is closed."""
    bring_staff(desk)
    set_treatment(desk, "stale_contact", "dont_forget", offer=_OFFER)
    for source in firm().sources:
        add_source(desk, source.name, source.code)
    for row in told.groups.iter_rows(named=True):
        add_group(desk, **row)
    for topic, text in notebook().items():
        write_page(desk, topic, text)
    for day in firm().feasts["tet"]:
        first, last = (day + timedelta(days=by) for by in (AWAY[0], AWAY[-1]))
        add_closed_days(desk, "Tết", first, last)


def _bring(desk: Desk, news: Company) -> None:
    """Import what is new, as the firm's book would export it."""
    with TemporaryDirectory() as folder:
        paths = write(news, Path(folder), ".parquet")
        frames = news.frames()
        for record in (*_ORDER, *(name for name in paths if name not in (*_ORDER, "groups"))):
            if frames[record].height:
                columns = {name: name for name in RECORDS[record].by_name if name in frames[record]}
                import_file(desk, paths[record], record, columns)
