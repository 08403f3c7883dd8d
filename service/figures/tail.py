"""The head and the tail of the 80/20 rule: what each part brings and takes, and who is rising."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from custrata.engine.model import Classifier
from custrata.service.figures.crossed import labels_of_all
from custrata.service.figures.ground import Ground
from custrata.service.figures.measured import contacts, exact_text
from custrata.service.figures.shares import shared
from custrata.store.types import day_number

_PLUGIN = "pareto"
HEADS, TAILS = ("key", "A"), ("long_tail", "C")
"""Labels of those who bring most, and of those who bring least."""
_LARGEST = 10
"""Customers of that list."""
_GROWN, _MOST_FIRST = ("grown", "customer_id"), (True, False)
"""The order of who is rising."""
_HALF = 2


def tail(ground: Ground) -> dict[str, Any]:
    """What the parts of the 80/20 rule bring, take, and how the tail goes.

    Returns:
        tail: None where no rule of the plugin `pareto` is in force. classifier, head, tail: what
            they are called. parts: of each label customers, revenue and contacts within the
            rules' window. before: what the tail's customers brought in the window before it;
            growth: by which share they bring more now, None where that was nothing. rising: how
            many of them brought more in its second half than in its first; reaching: how many
            would get to the head at the pace of the second half.
    """
    known = _known(ground)
    if known is None:
        return {"tail": None}
    rule, frame = known
    scale = ground.result.facts.scale
    ours = frame.filter(pl.col("label") == _label(frame, TAILS))
    now, before = (int(ours[name].cast(pl.Int128).sum() or 0) for name in ("now", "before"))
    limited = ground.result.engine.ruleset.window_days is not None
    rising = _rising(frame)
    return {
        "tail": {
            "classifier": rule.name,
            "head": _label(frame, HEADS),
            "tail": _label(frame, TAILS),
            "parts": _parts(frame, ground),
            "customers": ours.height,
            "bringing": int((ours["now"] > 0).sum()),
            "revenue": exact_text(now, scale),
            "before": exact_text(before, scale) if limited else None,
            "growth": round(now / before - 1, 6) if limited and before > 0 else None,
            "rising": rising.height if limited else None,
            "reaching": int((rising["missing"] <= rising["later"] - rising["earlier"]).sum())
            if limited and _is_by_revenue(rule)
            else None,
        }
    }


def tail_lists(ground: Ground) -> Mapping[str, pl.DataFrame]:
    """Who of the tail is rising, and the customers who bring most."""
    found: dict[str, pl.DataFrame] = {"largest": _largest(ground)}
    known = _known(ground)
    if known is None or ground.result.engine.ruleset.window_days is None:
        return found
    rule, frame = known
    texts = shared(_rising(frame), ground.beside.customers, _GROWN, _MOST_FIRST).with_columns(
        _text(name, ground.result.facts.scale) for name in ("earlier", "later", "missing")
    )
    missing = pl.col("missing") if _is_by_revenue(rule) else pl.lit(None, pl.String)
    return {**found, "rising": texts.select("customer_id", "earlier", "later", missing=missing)}


def _known(ground: Ground) -> tuple[Classifier, pl.DataFrame] | None:
    """The rule, and everyone's label with what they brought now, before and in each half."""
    ruleset = ground.result.engine.ruleset
    rule = next((one for one in ruleset.classifiers if one.plugin == _PLUGIN), None)
    if rule is None or rule.policy.lists or rule.policy.scores:
        return None
    labels = labels_of_all(ground, [rule.name]).rename({rule.name: "label"})
    frame = labels.with_columns(pl.col("label").cast(pl.String))
    joined = frame.join(_brought(ground), on="customer_id", how="left")
    sums = ("now", "before", "earlier", "later")
    return rule, joined.with_columns(pl.col(name).fill_null(0) for name in sums)


def _brought(ground: Ground) -> pl.DataFrame:
    """What each customer brought in the window, in its halves and in the one before."""
    today = day_number(ground.result.as_of)
    days = ground.result.engine.ruleset.window_days
    day, amount = pl.col("day"), pl.col("amount")
    if days is None:
        every = {name: pl.lit(0, pl.Int64) for name in ("before", "earlier", "later")}
        return ground.sold.group_by("customer_id").agg(amount.sum().alias("now"), **every)
    start, half = today - days, today - days // _HALF
    parts = {
        "now": day > start,
        "before": (day <= start) & (day > start - days),
        "earlier": (day > start + days % _HALF) & (day <= half),
        "later": day > half,
    }
    sums = [amount.filter(inside).sum().alias(name) for name, inside in parts.items()]
    return ground.sold.filter(day > start - days).group_by("customer_id").agg(sums)


def _parts(frame: pl.DataFrame, ground: Ground) -> list[dict[str, Any]]:
    made = contacts(ground.result)
    joined = frame.join(made, on="customer_id", how="left")
    summed = joined.group_by("label").agg(
        pl.len().alias("customers"),
        pl.col("now").cast(pl.Int128).sum().alias("revenue"),
        pl.col("contacts").sum(),
    )
    scale = ground.result.facts.scale
    ordered = summed.sort("revenue", "label", descending=[True, False], nulls_last=True)
    return [{**row, "revenue": exact_text(row["revenue"], scale)} for row in ordered.to_dicts()]


def _rising(frame: pl.DataFrame) -> pl.DataFrame:
    """Who of the tail brought more in the second half, whoever grew most first.

    `missing` is what lacks to the least of the head; None where there is no head.
    """
    least = frame.filter(pl.col("label") == _label(frame, HEADS))["now"].min()
    ours = frame.filter(
        pl.col("label") == _label(frame, TAILS), pl.col("later") > pl.col("earlier")
    )
    grown = pl.col("later") - pl.col("earlier")
    missing = pl.lit(least, pl.Int64) - pl.col("now")
    return ours.with_columns(missing=missing, grown=grown).sort(_GROWN, descending=_MOST_FIRST)


def _label(frame: pl.DataFrame, of: tuple[str, ...]) -> str | None:
    """The first of these labels that somebody has; the first of all where nobody has one."""
    there = set(frame["label"].unique())
    return next((one for one in of if one in there), of[0])


def _is_by_revenue(rule: Classifier) -> bool:
    return "monetary" in rule.bands


def _largest(ground: Ground) -> pl.DataFrame:
    """The customers who bring most, with their shares of what all bring."""
    brings = ground.known.frame.filter(pl.col("revenue") > 0)
    total = int(brings["revenue"].cast(pl.Int128).sum() or 0)
    first = brings.sort("revenue", "customer_id", descending=[True, False]).head(_LARGEST)
    share = (pl.col("revenue").cast(pl.Float64) / max(total, 1)).round(6)
    return first.select(
        "customer_id", _text("revenue", ground.known.scale or 0), share.alias("share")
    )


def _text(name: str, scale: int) -> pl.Expr:
    """An amount as exact text."""
    return pl.col(name).map_elements(lambda units: exact_text(units, scale), pl.String)
