"""A made-up firm in a store of its own: made once, then opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import make_url

from custrata.service.company import company, write
from custrata.service.company.records import TIME_ZONE
from custrata.service.company.rows import RECORDS
from custrata.service.deliveries.destinations import Said, add_destination, destinations
from custrata.service.demo.people import introduce
from custrata.service.demo.replay import TOLD, replay
from custrata.service.demo.rules import firm_rules
from custrata.service.demo.shipped import bring_rules
from custrata.service.demo.story import Story, story
from custrata.service.desk import Desk, wall_clock
from custrata.service.progress import Progress, silent
from custrata.service.setup import open_store
from custrata.store.faults import refuse
from custrata.store.models import Customer, Setting

_STORE, _BOOK = "demo.db", "book"


@dataclass(frozen=True)
class MadeUp:
    """What there is to show.

    Attributes:
        story: None where it was not to be told.
        url: where the store is, a password masked. anew: whether it was made just now.
        files: by record, as the firm would export it; `rules`, and `draft` to play with.
    """

    story: Story | None
    url: str
    anew: bool
    files: Mapping[str, Path]


def made_up(
    folder: Path,
    url: str | None = None,
    last_day: date | None = None,
    fresh: bool = False,
    progress: Progress = silent,
    *,
    again: bool = True,
) -> MadeUp:
    """The firm's store, made where it is not there yet, and what it has to tell.

    Args:
        folder: for files, and for the store where no address is given; is made.
        url: an empty database, or one that was made so before.
        last_day: up to which is told; None takes yesterday.
        fresh: whether a store in the folder is thrown away first.
        again: whether a story that was told before is told again; it takes seconds.

    Raises:
        StoreError: the database holds something else, or cannot be written.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / _STORE
    address = url or f"sqlite:///{own}"
    if fresh and not url:
        _throw_away(own)
    there = (url is not None or own.exists()) and _is_there(address)
    if not there:
        _make(folder, url, last_day or _yesterday(), progress)
    desk = open_store(address, "demo")
    try:
        introduce(desk)
        if not there:
            _name_receiver(desk)
        told = story(desk) if again or not there else None
        return MadeUp(told, _masked(address), not there, _files(folder))
    finally:
        desk.database.close()


def _throw_away(store: Path) -> None:
    for end in ("", "-wal", "-shm"):
        store.with_name(store.name + end).unlink(missing_ok=True)


def _yesterday() -> date:
    return wall_clock().astimezone(ZoneInfo(TIME_ZONE)).date() - timedelta(days=1)


def _masked(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _is_there(url: str) -> bool:
    """Whether a database was made so before; an empty one was not.

    Raises:
        StoreError: it holds customers of somebody else, or was not finished.
    """
    desk = open_store(url, "demo")
    try:
        with desk.database.read() as session:
            whole = session.get(Setting, TOLD) is not None
            held = session.scalars(select(Customer.customer_id).limit(1)).first()
    finally:
        desk.database.close()
    if held and not whole:
        fault = "the database holds customers, and they are not those of a demo"
        raise refuse("database-used", fault, "an empty database")
    return whole


def _make(folder: Path, url: str | None, last_day: date, progress: Progress) -> None:
    """Make files and store; a store in the folder appears when it is whole."""
    progress("make up", 0, 1)
    told = company(last_day=last_day)
    write(told, folder / _BOOK)
    places = _files(folder)
    bring_rules(places["rules"], places["draft"], firm_rules(last_day))
    if url is not None:
        replay(url, told, last_day, progress)
        return
    with TemporaryDirectory(dir=folder, prefix=".making.") as place:
        made = Path(place) / _STORE
        replay(f"sqlite:///{made}", told, last_day, progress)
        made.replace(folder / _STORE)


def _name_receiver(desk: Desk) -> None:
    """A destination to look at, where there is none yet; switched off, so nothing is ever sent."""
    with desk.database.read() as session:
        known = destinations(session)
    if not known:
        add_destination(desk, "crm", Said("https://crm.example/hooks", active=False))


def _files(folder: Path) -> dict[str, Path]:
    records = {name: folder / _BOOK / f"{name}.csv" for name in RECORDS}
    return {**records, "rules": folder / "rules.yaml", "draft": folder / "draft.yaml"}
