"""What salespeople did: contacts, opportunities, visits, complaints, and what they were to sell."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
from sqlalchemy import select, update

from benchmarks.job import AS_OF
from custrata.service.desk import Desk
from custrata.service.imports import import_file
from custrata.service.registers.staff import add_staff, names_of_staff
from custrata.service.registers.targets import set_target
from custrata.store.models import Contact, Customer, Visit

SELLERS, TEAMS = 40, 5
OPPORTUNITIES, VISITS, FEEDBACK = 60_000, 100_000, 20_000
"""As many as there are customers for, at most; an opportunity takes one to six steps."""
_STEPS = ("lead", "opportunity", "quotation", "negotiation", "contract", "payment")
_KINDS = ("complaint", "complaint", "suggestion", "praise")
_YEAR = 365
_SOLD = Decimal(50_000)
"""What each is to sell in a month."""


def sell(desk: Desk, ids: list[str]) -> None:
    """A year of sales work; customers have their salespeople already."""
    _take(desk, "opportunities", _opportunities(ids))
    _take(desk, "visits", _visits(ids))
    _take(desk, "feedback", _feedback(ids))
    own = select(Customer.owner).where(Customer.customer_id == Contact.customer_id)
    with desk.database.write() as session:
        session.execute(update(Contact).values(owner=own.scalar_subquery()))
        session.execute(update(Visit).where(Visit.day < AS_OF).values(state="done"))


def sellers(number: pl.Expr) -> Mapping[str, pl.Expr]:
    """`owner` and `team` of customers by their number."""
    return {
        "owner": "seller" + (number % SELLERS).cast(pl.String),
        "team": "team" + (number % TEAMS).cast(pl.String),
    }


def hire(desk: Desk) -> None:
    """Put the salespeople into the register, with what each is to sell; nobody twice."""
    with desk.database.read() as session:
        known = names_of_staff(session)
    for number in range(SELLERS):
        code = f"seller{number}"
        if code in known:
            continue
        add_staff(desk, code, team=f"team{number % TEAMS}")
        set_target(desk, code, AS_OF, _SOLD, calls=200)


def _take(desk: Desk, record: str, frame: pl.DataFrame) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder) / f"{record}.parquet")
        import_file(desk, Path(folder) / f"{record}.parquet", record)


def _some(ids: list[str], count: int) -> pl.DataFrame:
    """`n` from 0 on, and for each a customer, spread over all, with her salesperson."""
    count = min(count, len(ids))
    who = pl.col("n") * (len(ids) // count)
    frame = pl.select(n=pl.int_range(count))
    return frame.with_columns(
        customer_id=pl.lit(pl.Series(ids)).gather(who), owner=sellers(who)["owner"]
    )


def _opportunities(ids: list[str]) -> pl.DataFrame:
    """Two thirds of those that came far are won, half of the others are lost, the rest is open."""
    n, step = pl.col("n"), pl.col("number")
    last = n * 31 % len(_STEPS)
    came = _ago(n * 7 % _YEAR + 1)
    ends = (step == last) & ((n % 3 > 0) & (last > 3) | (n % 2 == 0) & (last <= 3))
    steps = pl.DataFrame({"step": _STEPS, "number": range(len(_STEPS))})
    return (
        _some(ids, OPPORTUNITIES)
        .join(steps, how="cross")
        .filter(step <= last)
        .select(
            "customer_id",
            "owner",
            "step",
            opportunity_id="O" + n.cast(pl.String),
            changed_at=pl.min_horizontal(came + pl.duration(days=step * 4), _ago(pl.lit(0))),
            amount=(n * 37 % 900 + 100) * 10,
            expected_close=(came + pl.duration(days=n % 90 + 5)).dt.date(),
            outcome=pl.when(ends).then(
                pl.when(last > 3).then(pl.lit("won")).otherwise(pl.lit("lost"))
            ),
        )
    )


def _visits(ids: list[str]) -> pl.DataFrame:
    """Of ten months, and of the one that comes."""
    day = _ago(pl.col("n") % 330 - 30).dt.date()
    return _some(ids, VISITS).select("customer_id", "owner", day=day, purpose=pl.lit("follow up"))


def _feedback(ids: list[str]) -> pl.DataFrame:
    """One in ten is open; it was due a week after it came."""
    n = pl.col("n")
    came = _ago(n % _YEAR + 1)
    return _some(ids, FEEDBACK).select(
        "customer_id",
        "owner",
        feedback_id="F" + n.cast(pl.String),
        opened_at=came,
        kind=pl.lit(pl.Series(_KINDS)).gather(n % len(_KINDS)),
        state=pl.when(n % 10 == 0).then(pl.lit("open")).otherwise(pl.lit("resolved")),
        due_at=came + timedelta(days=7),
    )


def _ago(days: pl.Expr) -> pl.Expr:
    """So many days before noon of the day of the benchmarks."""
    noon = datetime.combine(AS_OF, time(11), UTC)
    return pl.lit(noon) - pl.duration(days=days)
