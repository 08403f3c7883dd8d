"""Sales out of lines and refunds.

Lines of one order are one sale. A refund that names its sale reduces that sale, on the sale's
own day; a sale that is refunded in full counts nowhere. What names nothing stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.facts.records import CUSTOMER

Frame = nw.LazyFrame[Any]

_LINK, _ORDER, _LINE = "refund_of", "order_id", "transaction_id"
_UNIT = "_unit"
_ORDERABLE = (nw.String, nw.Boolean, nw.Date, nw.Datetime)


@dataclass(frozen=True)
class Sales:
    """Transactions as sales.

    Attributes:
        frame: one row per sale or unlinked refund, with `is_sale`.
        lines: the lines of sales, with the sale's `day`.
        linked: refunds that name a sale. lost: those of them that name none there is.
    """

    frame: Frame
    lines: Frame
    linked: int = 0
    lost: int = 0


def read_sales(backend: Backend, rows: Frame) -> Sales:
    """Sales of canonical transactions up to as_of.

    Args:
        backend: the engine.
        rows: `customer_id`, `day`, `amount` (Int64), where there `profit` (Int64), `order_id`,
            `transaction_id`, `refund_of`, others.
    """
    columns = rows.collect_schema().names()
    links = backend.keep(rows.filter(~nw.col(_LINK).is_null())) if _LINK in columns else None
    ((linked,),) = backend.rows(links.select(nw.len())) if links is not None else ((0,),)
    plain = rows.filter(nw.col(_LINK).is_null()) if linked else rows
    units, lost = _units(plain, columns), 0
    if links is not None and linked:
        units, lost = _settled(backend, units, plain, links)
    units = units.with_columns(is_sale=nw.col("amount") >= 0)
    return Sales(units, _lines(plain, units), linked, lost)


def _lines(plain: Frame, units: Frame) -> Frame:
    """Single rows that are sales, and the lines of orders that are, on the order's day."""
    sold = units.filter(nw.col("is_sale"))
    columns = units.collect_schema().names()
    others = [
        n for n in columns if n not in (CUSTOMER, "day", "moment", "amount", "profit", "is_sale")
    ]
    if _ORDER not in columns:
        return sold.select(CUSTOMER, "day", *others)
    days = sold.filter(~nw.col(_ORDER).is_null()).select(CUSTOMER, _ORDER, "day")
    ordered = plain.drop("day").join(days, on=[CUSTOMER, _ORDER])
    single = sold.filter(nw.col(_ORDER).is_null())
    return nw.concat([frame.select(CUSTOMER, "day", *others) for frame in (single, ordered)])


def _units(plain: Frame, columns: Sequence[str]) -> Frame:
    """Orders summed, other rows as they are."""
    if _ORDER not in columns:
        return plain
    single = plain.filter(nw.col(_ORDER).is_null())
    return nw.concat([single, _orders(plain).select(*columns)])


def _orders(plain: Frame) -> Frame:
    """One row per order: sums, the first day, other columns where all lines agree."""
    schema = plain.collect_schema()
    sums = [name for name in ("amount", "profit") if name in schema]
    lines = plain.filter(~nw.col(_ORDER).is_null())
    others = [name for name in schema if name not in (CUSTOMER, _ORDER, "day", *sums)]
    ends = [(n, e) for n in others if _orderable(schema[n]) for e in ("min", "max")]
    grouped = lines.group_by(CUSTOMER, _ORDER).agg(
        nw.col("day").min(),
        nw.len().alias("_lines"),
        *(nw.col(name).sum().cast(nw.Int64) for name in sums),
        *(nw.col(name).count().alias(f"{name}:known") for name in sums),
        *(getattr(nw.col(name), end)().alias(f"{name}:{end}") for name, end in ends),
    )
    known = [_where(nw.col(f"{n}:known") == nw.col("_lines"), nw.col(n)).alias(n) for n in sums]
    return grouped.with_columns(*known, *(_agreed(name, schema[name]) for name in others))


def _agreed(name: str, kind: Any) -> nw.Expr:
    if not _orderable(kind):
        return nw.lit(None, dtype=kind).alias(name)
    same = nw.col(f"{name}:min") == nw.col(f"{name}:max")
    return _where(same, nw.col(f"{name}:min")).alias(name)


def _orderable(kind: Any) -> bool:
    return kind.is_numeric() or kind in _ORDERABLE or isinstance(kind, nw.Datetime)


def _where(condition: nw.Expr, value: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(value)


def _settled(backend: Backend, units: Frame, plain: Frame, links: Frame) -> tuple[Frame, int]:
    """Units less what was given back, and how many links found nothing.

    Only customers with links are looked at closely.
    """
    columns = units.collect_schema().names()
    customers = links.select(CUSTOMER).unique()
    near = units.join(customers, on=CUSTOMER, how="semi")
    order = [
        name for name in (CUSTOMER, "day", "amount", _ORDER, _LINE, "profit") if name in columns
    ]
    near = backend.keep(near.with_row_index(_UNIT, order_by=order))
    targets = _targets(near, plain, customers, columns)
    linked = backend.keep(_linked(links, targets))
    lost = linked.filter(nw.col(_UNIT).is_null()).select(*columns)
    ((count,),) = backend.rows(lost.select(nw.len()))
    far = units.join(customers, on=CUSTOMER, how="anti")
    settled = _reduced(near, linked, columns)
    return nw.concat([far.select(*columns), settled.select(*columns), lost]), count


def _targets(near: Frame, plain: Frame, customers: Frame, columns: Sequence[str]) -> list[Frame]:
    """Which unit a name means: (`customer_id`, `refund_of`, `_unit`), a line's name first."""
    units = near.filter(nw.col("amount") >= 0)
    named: list[Frame] = []
    if _LINE in columns:
        single = units.filter(nw.col(_ORDER).is_null()) if _ORDER in columns else units
        lines = [single.select(CUSTOMER, _LINE, _UNIT)]
        if _ORDER in columns:
            listed = plain.join(customers, on=CUSTOMER, how="semi")
            orders = units.select(CUSTOMER, _ORDER, _UNIT)
            of_orders = listed.select(CUSTOMER, _ORDER, _LINE).join(orders, on=[CUSTOMER, _ORDER])
            lines.append(of_orders.select(CUSTOMER, _LINE, _UNIT))
        named.append(nw.concat(lines).rename({_LINE: _LINK}))
    if _ORDER in columns:
        named.append(units.select(CUSTOMER, _ORDER, _UNIT).rename({_ORDER: _LINK}))
    return [
        one.filter(~nw.col(_LINK).is_null()).group_by(CUSTOMER, _LINK).agg(nw.col(_UNIT).min())
        for one in named
    ]


def _linked(links: Frame, targets: Sequence[Frame]) -> Frame:
    """Links with the `_unit` that they name, null where there is none."""
    found = nw.lit(None, dtype=nw.Int64)
    for place, target in enumerate(targets):
        renamed = target.rename({_UNIT: f"{_UNIT}:{place}"})
        links = links.join(renamed, on=[CUSTOMER, _LINK], how="left")
        found = nw.coalesce(found, nw.col(f"{_UNIT}:{place}").cast(nw.Int64))
    return links.with_columns(found.alias(_UNIT))


def _reduced(near: Frame, linked: Frame, columns: Sequence[str]) -> Frame:
    """Units with their links added, without those that this brings to nothing."""
    sums = [name for name in ("amount", "profit") if name in columns]
    back = (
        linked.filter(~nw.col(_UNIT).is_null())
        .group_by(_UNIT)
        .agg(
            nw.len().alias("_links"),
            *(nw.col(name).sum().cast(nw.Int64).alias(f"{name}:back") for name in sums),
            *(nw.col(name).count().alias(f"{name}:known") for name in sums),
        )
    )
    joined = near.with_columns(nw.col(_UNIT).cast(nw.Int64)).join(back, on=_UNIT, how="left")
    untouched = nw.col("_links").is_null()
    reduced = joined.with_columns(
        nw.when(untouched)
        .then(nw.col(name))
        .otherwise(
            nw.when(nw.col(f"{name}:known") == nw.col("_links")).then(
                nw.col(name) + nw.col(f"{name}:back")
            )
        )
        .alias(name)
        for name in sums
    )
    return reduced.filter(nw.col("_links").is_null() | (nw.col("amount") != 0))
