"""What a firm has besides customers and sales: names, salespeople and what they did, a past."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import insert, select

from benchmarks.draft import changed
from benchmarks.job import AS_OF
from benchmarks.panel.selling import hire, sell, sellers
from custrata.service.desk import Desk
from custrata.service.imports import import_file
from custrata.service.registers.groups import add_group, names_of_groups
from custrata.service.registers.members import put_in
from custrata.service.registers.sources import add_source, sources
from custrata.service.rules.drafts import begin, drafts
from custrata.service.rules.versions import current
from custrata.service.runs import run
from custrata.service.runs.basis import LANDED, SINGLE, last_full
from custrata.store.models import AuditEvent, Customer, Opportunity, Run

GROUP, SOURCE = "regulars", "web"
EVENTS, SINGLES, EVERY = 200_000, 100_000, 4
"""How much of a past there is; one customer in so many is in the group."""
SELDOM = "lan"
"""Somebody who did little, long ago."""
_FAMILY = (
    *("Nguyễn",) * 38,
    *("Trần",) * 12,
    *("Lê",) * 10,
    *("Phạm",) * 7,
    *("Hoàng", "Huỳnh", "Phan", "Vũ", "Võ") * 3,
    *("Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương") * 2,
    *("Lý", "Đinh", "Trịnh", "陳", "林", "王"),
)
"""As often as in Vietnam: a hundred."""
_MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Quốc", "Kim", "Xuân", "Hồng", "Đức")
_GIVEN = (
    *("An", "Anh", "Bình", "Châu", "Chi", "Cường", "Dũng", "Dung", "Giang", "Hà", "Hải", "Hạnh"),
    *("Hiếu", "Hoa", "Hùng", "Hương", "Khánh", "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Nhung"),
    *("Phong", "Phúc", "Phương", "Quân", "Sơn", "Tâm", "Thảo", "Thu", "Trang", "Tú", "Tuấn", "Yến"),
)


def furnish(desk: Desk) -> None:
    """Give a store what its pages show; nothing where it has it already.

    A run follows on what came in, as in a firm that classifies every night.
    """
    with desk.database.read() as session:
        has_group = GROUP in names_of_groups(session)
        has_sold = session.scalars(select(Opportunity.id).limit(1)).first() is not None
        rules, has_run = current(session).text, last_full(session) is not None
        everyone = select(Customer.customer_id).order_by(Customer.customer_id)
        ids = [] if has_sold else list(session.scalars(everyone))
        has_source = SOURCE in {one.code for one in sources(session)}
    if not has_source:
        add_source(desk, "Web", SOURCE)
    hire(desk)
    if not has_group:
        add_group(desk, "Regulars", GROUP)
        begin(desk, "Sooner", changed(rules) if has_run else rules)
    if ids:
        _people(desk, ids)
        sell(desk, ids)
        put_in(desk, GROUP, ids[::EVERY])
        run(desk, as_of=AS_OF)
    if ids and not has_group:
        _past(desk)


def draft_of(desk: Desk) -> int:
    """The id of the draft."""
    with desk.database.read() as session:
        return drafts(session)[0].id


def _people(desk: Desk, ids: list[str]) -> None:
    """Names, telephone numbers, birthdays, salespeople and their teams."""
    number = pl.int_range(len(ids))
    frame = pl.DataFrame({"customer_id": ids}).with_columns(
        name=pl.concat_str(
            _of(_FAMILY, number),
            _of(_MIDDLE, number // len(_FAMILY)),
            _of(_GIVEN, number // (len(_FAMILY) * len(_MIDDLE))),
            separator=" ",
        ),
        phone="09" + (number * 7919 % 100_000_000).cast(pl.String).str.zfill(8),
        birth_date=pl.lit(date(1960, 1, 1)) + pl.duration(days=number * 11 % 15_000),
        **sellers(number),
    )
    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder) / "people.parquet")
        import_file(desk, Path(folder) / "people.parquet", "customers")


def _of(words: tuple[str, ...], number: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(words)).gather(number % len(words))


def _past(desk: Desk) -> None:
    """Many customers classified one by one, and many events."""
    with desk.database.read() as session:
        last = last_full(session)
        assert last is not None
        shared: dict[str, Any] = {
            column.name: getattr(last, column.name) for column in Run.__table__.c
        }
    single = shared | {"kind": SINGLE, "state": LANDED, "counts": {"customers": 1}}
    single.pop("id")
    start = desk.now() - timedelta(days=300)
    event = {"action": "customers.export", "subject_kind": "customers", "detail": None}
    events = [
        {**event, "at": start + timedelta(minutes=minute), "by": "seller7", "subject": str(minute)}
        for minute in range(EVENTS)
    ]
    for one in events[:3]:
        one |= {"by": SELDOM, "action": "group.add", "subject_kind": "group"}
    with desk.database.write() as session:
        session.execute(insert(Run), [single] * SINGLES)
        session.execute(insert(AuditEvent), events)
