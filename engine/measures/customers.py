"""What attributes and feedback say: peers, and complaints that are open."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.columns import Column
from custrata.engine.hookspecs import Measure
from custrata.engine.measures import schemas
from custrata.engine.measures.context import Context, Unmeasurable
from custrata.engine.measures.expressions import constant, divide, how_many

if TYPE_CHECKING:
    from custrata.engine.facts import Facts

Parameters = Mapping[str, Any]

CLOSED = ("resolved", "closed", "closed_case")
"""States of a complaint that needs no more care."""


def open_complaints(facts: Facts, parameters: Parameters, context: Context) -> nw.Expr:
    """Complaints whose state is none of `CLOSED`."""
    closed = nw.col("state").is_in(CLOSED).fill_null(False)
    return how_many((nw.col("kind") == "complaint").fill_null(False) & ~closed)


def count_peers(facts: Facts, parameters: Parameters, context: Context) -> dict[str, int]:
    """How many customers have each value of an attribute, by the value as text."""
    column = _attribute(facts, parameters)
    value = nw.col(column.name)
    groups = facts.customers.filter(~value.is_null()).group_by(column.name).agg(nw.len())
    rows = facts.backend.rows(groups)
    return {_text(found, column): int(count) for found, count in sorted(rows)}


def peer_count(facts: Facts, parameters: Parameters, context: Context) -> nw.LazyFrame[Any]:
    """Customers with the same value of an attribute; 0 for a value not seen when counted."""
    return _peers(facts, parameters, context, "peer_count", nw.col("_peers"))


def peer_share(facts: Facts, parameters: Parameters, context: Context) -> nw.LazyFrame[Any]:
    """`peer_count` ÷ all customers that have a value."""
    everyone = max(1, sum((context.state or {}).values()))
    share = divide(nw.col("_peers"), constant(everyone, nw.col("_peers")))
    return _peers(facts, parameters, context, "peer_share", share)


def _peers(
    facts: Facts, parameters: Parameters, context: Context, name: str, value: nw.Expr
) -> nw.LazyFrame[Any]:
    column = _attribute(facts, parameters)
    known = {_stored(text, column): count for text, count in (context.state or {}).items()}
    known.pop(None, None)
    dtype = (
        nw.String if column.kind == "text" else nw.Float64 if column.kind == "float" else nw.Int64
    )
    data = {"_value": list(known), "_peers": list(known.values())}
    counts = facts.backend.table(data, {"_value": dtype, "_peers": nw.Int64})
    own = facts.customers.select("customer_id", nw.col(column.name).alias("_value"))
    found = own.filter(~nw.col("_value").is_null()).join(counts, on="_value", how="left")
    return found.with_columns(nw.col("_peers").fill_null(0)).select(
        "customer_id", value.alias(name)
    )


def _attribute(facts: Facts, parameters: Parameters) -> Column:
    name = parameters["attribute"]
    if name not in facts.customer_columns:
        raise Unmeasurable(f"customers have no attribute {name!r}")
    return facts.customer_columns[name]


def _text(stored: Any, column: Column) -> str:
    """A value as its text, the same under any scale."""
    return str(Fraction(stored, 10**column.scale)) if column.kind == "integer" else str(stored)


def _stored(text: str, column: Column) -> Any:
    """The stored form of a text that `_text` gave; None where this column cannot hold it."""
    if column.kind == "text":
        return text
    try:
        value = Fraction(text) * 10**column.scale
    except (ValueError, ZeroDivisionError):
        return None
    if column.kind == "float":
        return float(value)
    return int(value) if value.denominator == 1 else None


MEASURES = (
    Measure(
        name="peer_count",
        unit="customers",
        type="integer",
        inputs=("customers.customer_id",),
        scope="population",
        parameters=schemas.Peers,
        ages="steady",
        compute=peer_count,
        fit=count_peers,
    ),
    Measure(
        name="peer_share",
        unit="0 to 1",
        type="number",
        inputs=("customers.customer_id",),
        scope="population",
        parameters=schemas.Peers,
        ages="steady",
        compute=peer_share,
        fit=count_peers,
    ),
    Measure(
        name="open_complaints",
        unit="complaints",
        type="integer",
        inputs=("feedback.day", "feedback.kind", "feedback.state"),
        no_data=0,
        ages="steady",
        compute=open_complaints,
    ),
)
