"""What the two hand-written Polars peers share: measures from files, labels from codes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from benchmarks.job import (
    AS_OF,
    FREQUENT_SALES,
    HIGH_CENTS,
    LOYALTY,
    NEXT_DAY,
    PURSUED,
    PYRAMID,
    RECENT_DAYS,
    RFM,
    SEGMENTS,
    STALE_DAYS,
    YEAR_AGO,
)

bought = pl.col("recency_days").is_not_null()


def measured(folder: Path) -> pl.LazyFrame:
    """One row per customer with the eight inputs of the six tables."""
    found = (sales(folder), contacts(folder), *answers(folder), scores(folder))
    frame = pl.scan_parquet(folder / "customers.parquet").select(
        "customer_id", "stage", "created_at"
    )
    for part in found:
        frame = frame.join(part, on="customer_id", how="left")
    last = pl.coalesce("last_contact", "created_at")
    return frame.select(
        "customer_id",
        "stage",
        (pl.lit(AS_OF) - pl.col("last_sale")).dt.total_days().alias("recency_days"),
        pl.col("frequency", "monetary").fill_null(0),
        (pl.lit(AS_OF) - last).dt.total_days().alias("days_since_contact"),
        "satisfaction",
        "recommend",
        "purchase_score",
    )


def sales(folder: Path) -> pl.LazyFrame:
    """Last sale, sales and amount of the year: plain columns first, which streams fastest."""
    transactions = pl.scan_parquet(folder / "transactions.parquet")
    at, cents = pl.col("occurred_at"), _cents(transactions)
    return (
        transactions.filter(at < NEXT_DAY)
        .select(
            "customer_id",
            pl.when(cents >= 0).then(at).alias("last_sale"),
            ((cents >= 0) & (at >= YEAR_AGO)).alias("frequency"),
            pl.when(at >= YEAR_AGO).then(cents).alias("monetary"),
        )
        .group_by("customer_id")
        .agg(pl.col("last_sale").max().dt.date(), pl.col("frequency", "monetary").sum())
    )


def _cents(transactions: pl.LazyFrame) -> pl.Expr:
    """Exact minor units: a sum of floats would depend on the order of the rows."""
    if transactions.collect_schema()["amount"].is_float():
        return (pl.col("amount") * 100).round().cast(pl.Int64)
    return pl.col("amount")


def contacts(folder: Path) -> pl.LazyFrame:
    """Day of the last contact that reached someone."""
    return (
        pl.scan_parquet(folder / "contacts.parquet")
        .filter((pl.col("occurred_at") < NEXT_DAY) & (pl.col("outcome") != "missed"))
        .group_by("customer_id")
        .agg(pl.col("occurred_at").max().dt.date().alias("last_contact"))
    )


def answers(folder: Path) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Latest satisfaction of the year, and latest recommendation as 1, 2 or 3."""
    said = pl.scan_parquet(folder / "surveys.parquet").filter(pl.col("answered_at") < NEXT_DAY)
    question, at = pl.col("question"), pl.col("answered_at")
    latest = pl.col("answer").max_by("answered_at").cast(pl.Int64)
    satisfaction = said.filter((question == "satisfaction") & (at >= YEAR_AGO))
    recommend = said.filter(question == "recommend")
    return (
        satisfaction.group_by("customer_id").agg(latest.alias("satisfaction")),
        recommend.group_by("customer_id").agg(_willing(latest).alias("recommend")),
    )


def _willing(score: pl.Expr) -> pl.Expr:
    return 1 + (score >= 7).cast(pl.Int64) + (score >= 9).cast(pl.Int64)


def scores(folder: Path) -> pl.LazyFrame:
    """What another model said."""
    return pl.scan_parquet(folder / "measures.parquet").select("customer_id", "purchase_score")


def labels(
    fifths: Sequence[Sequence[float | pl.Expr]],
    tops: Sequence[int | pl.Expr],
    head: int | pl.Expr,
) -> list[pl.Expr]:
    """The output's columns, given the cut points as numbers or as expressions."""
    r, f, m = (pl.col(name) for name in ("recency_days", "frequency", "monetary"))
    return [
        pl.col("customer_id"),
        _pick(RFM, _rfm(r, f, m), "no_purchase").alias("rfm"),
        _pick(SEGMENTS, _score(fifths, r, f, m), "no_purchase").alias("segments"),
        pl.when(m >= head).then(pl.lit("key")).otherwise(pl.lit("long_tail")).alias("pareto"),
        _pick(PYRAMID, _above(m, tops), "not_existing").alias("pyramid"),
        _stale().alias("stale_contact"),
        _gather(LOYALTY, _loyalty()).alias("loyalty"),
    ]


def _gather(names: Sequence[str], code: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(names)).gather(code.cast(pl.UInt32))


def _pick(names: Sequence[str], code: pl.Expr, outside: str) -> pl.Expr:
    """Names by code; a place of their own for those who never bought."""
    place = pl.when(bought).then(code).otherwise(len(names))
    return _gather((*names, outside), place)


def _above(value: pl.Expr, cuts: Sequence[float | int | pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal((value >= cut).cast(pl.Int8) for cut in cuts)


def _rfm(r: pl.Expr, f: pl.Expr, m: pl.Expr) -> pl.Expr:
    recent, often = (r <= RECENT_DAYS).cast(pl.Int8), (f >= FREQUENT_SALES).cast(pl.Int8)
    return 4 * recent + 2 * often + (m >= HIGH_CENTS).cast(pl.Int8)


def _score(
    fifths: Sequence[Sequence[float | pl.Expr]], r: pl.Expr, f: pl.Expr, m: pl.Expr
) -> pl.Expr:
    days, often, much = fifths
    recent = pl.sum_horizontal((r <= cut).cast(pl.Int8) for cut in days)
    return 25 * recent + 5 * _above(f, often) + _above(m, much)


def _stale() -> pl.Expr:
    days = pl.col("days_since_contact")
    forgotten = (days >= STALE_DAYS) & pl.col("stage").is_in(PURSUED)
    return (
        pl.when(days.is_null())
        .then(pl.lit("unknown"))
        .when(forgotten)
        .then(pl.lit("dont_forget"))
        .otherwise(pl.lit("in_touch"))
    )


def _loyalty() -> pl.Expr:
    chance = pl.col("purchase_score")
    likely = pl.when(chance.is_null()).then(0).otherwise(1 + _above(chance, (0.3, 0.7)))
    satisfied, willing = (pl.col(name).fill_null(0) for name in ("satisfaction", "recommend"))
    return 16 * satisfied + 4 * likely + willing
