"""The store's records as frames for the engine: of everyone, or of a few customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import ColumnElement, Select, select

from custrata import Engine
from custrata.engine.measures.context import Unmeasurable
from custrata.engine.measures.declared import made_of, parameters_of
from custrata.engine.model import DENIED, reads_result
from custrata.engine.result import CLOSED, CONSENT
from custrata.service.progress import Progress, silent
from custrata.service.runs.reading import Reader
from custrata.store.models import (
    ClosedDay,
    Contact,
    Customer,
    Feedback,
    Group,
    Membership,
    Opportunity,
    OwnerChange,
    Setting,
    StageChange,
    SurveyAnswer,
    Transaction,
)
from custrata.store.models.base import Base
from custrata.store.types import day_of, microseconds

_PERSONAL = ("name", "name_fold", "phone", "email")
_INNER = ("customer_id", "overlay", "overlay_by", "attributes", "fact_seq", "stage", "owner")
_SHORT = 2**53
"""Whole numbers up to here are exact as floats."""


@dataclass(frozen=True)
class Wanted:
    """Whose facts, and up to when.

    Attributes:
        engine: says which columns are read. as_of: in its time zone.
        customers: None for everyone.
        past: whether the day is over, so that stages and owners are those of then.
    """

    engine: Engine
    as_of: date
    customers: Sequence[str] | None = None
    past: bool = False

    @property
    def end(self) -> datetime:
        """The moment at which the as-of day is over."""
        zone = ZoneInfo(self.engine.ruleset.time_zone)
        return datetime.combine(self.as_of + timedelta(days=1), time(), zone)

    @property
    def names(self) -> frozenset[str]:
        """Every name that the rules may read, parts of measures and columns to count included."""
        ruleset, measures = self.engine.ruleset, self.engine.plugins.measures
        read = [name for name in ruleset.columns if not reads_result(name)]
        names = {part for name in read for part in made_of(name, ruleset, measures)}
        texts = (text for name in names for text in _texts(self.engine, name))
        inputs = (
            one.partition(".")[2]
            for name in names
            for one in _inputs(self.engine, name)
            if not one.startswith("measures.")
        )
        return frozenset((*names, *texts, *inputs, *(name.partition(".")[0] for name in names)))


def frames(reader: Reader, wanted: Wanted, progress: Progress = silent) -> dict[str, Any]:
    """All records by name, as `Engine.run` takes them; none is missing, some may be empty.

    `CLOSED` are dates, `CONSENT` is the firm's choice of who may be classified.
    """
    read = {
        "customers": _customers,
        "transactions": _transactions,
        "contacts": _contacts,
        "surveys": _surveys,
        "stage_changes": _stage_changes,
        "opportunities": _opportunities,
        "feedback": _feedback,
    }
    found: dict[str, Any] = {}
    for done, (name, one) in enumerate(read.items()):
        progress("read", done, len(read))
        found[name] = one(reader, wanted)
    return found | {CLOSED: _closed_days(reader), CONSENT: consent_needed(reader)}


def consent_needed(reader: Reader) -> str:
    """Who may be classified, as the firm chose."""
    table = Setting.__table__.c
    found = reader.value(select(table.value).where(table.name == "consent_needed"))
    return str(found or DENIED).strip('"')  # bulk reading leaves JSON as it is


def _closed_days(reader: Reader) -> list[date]:
    """The days on which nobody works."""
    numbers = reader.frame(select(ClosedDay.__table__.c.day))["day"]
    return [day_of(number) for number in numbers]


def _texts(engine: Engine, name: str) -> Iterator[str]:
    """Parameters of a measure that may name a column, those that nobody set among them."""
    use = engine.ruleset.measures.get(name)
    measure = engine.plugins.measures.get((use and use.measure) or name)
    if measure is None:
        return
    with suppress(Unmeasurable):  # the run says so
        values = parameters_of(measure, use.parameters if use else {}).values()
        yield from (value for value in values if isinstance(value, str))


def _inputs(engine: Engine, name: str) -> Sequence[str]:
    use = engine.ruleset.measures.get(name)
    measure = engine.plugins.measures.get((use and use.measure) or name)
    return measure.inputs if measure else ()


def _of(model: type[Base], wanted: Wanted, *columns: ColumnElement[Any]) -> Select[Any]:
    """The query of some columns, of the wanted customers."""
    key = model.__table__.c["customer_id"]
    query = select(key, *columns)
    return query if wanted.customers is None else query.where(key.in_(wanted.customers))


def _instant(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(name).cast(pl.Datetime("us", "UTC")) for name in names)


def _said(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Without those of these columns that say nothing of anybody.

    Only of columns whose lack means what their nulls mean: a few customers may say nothing where
    others do, and are to get the labels that they get among everyone.
    """
    return frame.drop(one for one in names if frame[one].null_count() == frame.height)


# --- customers ----------------------------------------------------------------------------


def _customers(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    names = wanted.names
    table = Customer.__table__.c
    plain = [one for one in table if one.name in names and one.name not in (*_PERSONAL, *_INNER)]
    always = ("created_at", CONSENT)
    plain += [table[one] for one in always if one not in names]
    own = sorted(names - {one.name for one in table})
    extra = [table.attributes] if own else []
    frame = reader.frame(_of(Customer, wanted, *plain, *extra))
    frame = _instant(frame, "created_at")
    if "birth_date" in frame.columns:
        frame = frame.with_columns(pl.col("birth_date").cast(pl.Int32).cast(pl.Date))
    if own:
        frame = _own_attributes(frame, own)
    for name, history in {"stage": _stage_of, "owner": _owner_of}.items():
        if name in names:
            frame = frame.join(history(reader, wanted), on="customer_id", how="left")
    return _with_groups(reader, wanted, frame) if "groups" in names else frame


def _own_attributes(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The host's own attributes out of the JSON in which they are kept."""
    text = pl.col("attributes")
    values = [
        text.str.json_path_match(f'$["{name}"]').alias(name)
        for name in names
        if '"' not in name and "\\" not in name
    ]
    found = frame.with_columns(values).drop("attributes")
    return _said(found, [name for name in names if name in found.columns])


def _stage_of(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    now = reader.frame(_of(Customer, wanted, Customer.__table__.c.stage))
    if not wanted.past:
        return now
    table = StageChange.__table__.c
    chosen = table.how == "set"
    changes = reader.frame(
        _of(
            StageChange, wanted, table.changed_at, table.id, table.from_stage, table.to_stage
        ).where(chosen)
    )
    return _then(now, changes, "stage", wanted)


def _owner_of(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    now = reader.frame(_of(Customer, wanted, Customer.__table__.c.owner))
    if not wanted.past:
        return now
    table = OwnerChange.__table__.c
    query = _of(OwnerChange, wanted, table.changed_at, table.id, table.from_owner, table.to_owner)
    return _then(now, reader.frame(query), "owner", wanted)


def _then(now: pl.DataFrame, changes: pl.DataFrame, name: str, wanted: Wanted) -> pl.DataFrame:
    """What an attribute was at the end of the as-of day, out of its history."""
    end = microseconds(wanted.end)
    ordered = changes.sort("changed_at", "id")
    before = ordered.filter(pl.col("changed_at") < end).group_by("customer_id").last()
    after = ordered.filter(pl.col("changed_at") >= end).group_by("customer_id").first()
    known = now.join(
        before.select("customer_id", f"to_{name}", known=True), "customer_id", "left"
    ).join(after.select("customer_id", f"from_{name}", later=True), "customer_id", "left")
    value = (
        pl.when(pl.col("known"))
        .then(f"to_{name}")
        .when(pl.col("later"))
        .then(f"from_{name}")
        .otherwise(name)
    )
    return known.select("customer_id", value.alias(name))


def _with_groups(reader: Reader, wanted: Wanted, frame: pl.DataFrame) -> pl.DataFrame:
    """The groups that customers were put into; dynamic ones follow from labels, not before."""
    groups, members = Group.__table__.c, Membership.__table__.c
    query = _of(Membership, wanted, groups.code).join_from(
        Membership.__table__, Group.__table__, members.group_id == groups.id
    )
    rows = reader.frame(query.where(groups.rule.is_(None)))
    listed = rows.group_by("customer_id").agg(pl.col("code").sort().alias("groups"))
    joined = frame.join(listed, on="customer_id", how="left")
    return joined.with_columns(pl.col("groups").fill_null(pl.lit([], pl.List(pl.String))))


# --- what happened ------------------------------------------------------------------------


def _transactions(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    table = Transaction.__table__.c
    names = ["occurred_at", "amount", "scale", "profit", "order_id"]
    linked = _of(Transaction, wanted).where(table.refund_of.is_not(None)).limit(1)
    if reader.value(linked) is not None:
        names += ["refund_of", "transaction_id"]
    names += [name for name in ("product",) if name in wanted.names]
    frame = reader.frame(_of(Transaction, wanted, *(table[name] for name in names)))
    frame = _said(frame, ["order_id"])  # to read it means more work
    return _instant(_money(frame, "amount", "profit"), "occurred_at")


def _money(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Amounts in units instead of whole numbers with a scale."""
    there = [name for name in names if name in frame.columns]
    finest = frame["scale"].max() if frame.height else 0
    if not finest:
        return frame.drop("scale")
    assert isinstance(finest, int)
    power = pl.lit(10, pl.Int128).pow(finest - pl.col("scale")).cast(pl.Int128)
    frame = frame.with_columns(pl.col(name).cast(pl.Int128) * power for name in there)
    return frame.drop("scale").with_columns(_in_units(frame[name], finest) for name in there)


def _in_units(values: pl.Series, scale: int) -> pl.Series:
    """Whole numbers ÷ 10^scale: floats where these are exact enough, decimals beyond."""
    largest = values.abs().max() or 0
    assert isinstance(largest, int)
    if largest < _SHORT // 8:
        divisor = pl.repeat(10.0**scale, values.len(), eager=True)  # a literal's reciprocal errs
        return (values.cast(pl.Float64) / divisor).alias(values.name)
    whole = values.cast(pl.String).cast(pl.Decimal(38, 0))
    return pl.Series(values.name, whole.cast(pl.Decimal(38, scale)) / 10**scale)


def _contacts(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    table = Contact.__table__.c
    columns = (table.occurred_at, table.channel, table.direction, table.outcome)
    return _instant(reader.frame(_of(Contact, wanted, *columns)), "occurred_at")


def _surveys(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    table = SurveyAnswer.__table__.c
    query = _of(SurveyAnswer, wanted, table.answered_at, table.question, table.answer)
    return _instant(reader.frame(query), "answered_at")


def _stage_changes(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    """Those that a person made; what a rule laid over them is no touch."""
    table = StageChange.__table__.c
    columns = (table.changed_at, table.to_stage.label("to"), table.from_stage.label("from"))
    query = _of(StageChange, wanted, *columns, table.by).where(table.how == "set")
    return _instant(reader.frame(query), "changed_at")


def _opportunities(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    table = Opportunity.__table__.c
    columns = (table.opportunity_id, table.step, table.changed_at, table.outcome)
    return _instant(reader.frame(_of(Opportunity, wanted, *columns)), "changed_at")


def _feedback(reader: Reader, wanted: Wanted) -> pl.DataFrame:
    table = Feedback.__table__.c
    query = _of(Feedback, wanted, table.opened_at, table.kind, table.state)
    return _instant(reader.frame(query), "opened_at")
