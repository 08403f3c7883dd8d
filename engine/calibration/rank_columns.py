"""Ranks as columns: 1 to n in the order of the numbers, equals by customer id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import Backend
from custrata.engine.measures.expressions import how_many

_ID = "customer_id"
_OUTSIDE, _NUMBER, _DIGITS, _LENGTH, _INDEX = "#outside", "#number", "#digits", "#length", "#index"


def with_ranks(
    backend: Backend, frame: nw.LazyFrame[Any], ranked: Mapping[str, nw.Expr]
) -> nw.LazyFrame[Any]:
    """`frame` with rank columns, Int64; null where there is no number.

    Args:
        backend: the engine.
        frame: has `customer_id`, unique and never null.
        ranked: by new column, the numbers to rank (null for who takes no part).
    """
    if not ranked:
        return frame
    by_id = [_LENGTH, _DIGITS, _ID] if _ids_are_numbers(backend, frame) else [_ID]
    digits = nw.col(_ID).str.replace_all("^0+", "")
    ids = [digits.alias(_DIGITS), digits.str.len_chars().alias(_LENGTH)] if len(by_id) > 1 else []
    for name, number in ranked.items():
        keyed = frame.with_columns(number.is_null().alias(_OUTSIDE), number.alias(_NUMBER), *ids)
        counted = keyed.with_row_index(_INDEX, order_by=[_OUTSIDE, _NUMBER, *by_id])
        rank = nw.when(~nw.col(_OUTSIDE)).then(nw.col(_INDEX).cast(nw.Int64) + 1)
        frame = counted.with_columns(rank.alias(name)).drop(_OUTSIDE, _NUMBER, _INDEX, *by_id[:-1])
    return frame


def same_ranks(frame: nw.LazyFrame[Any], twins: Mapping[str, Sequence[str]]) -> nw.LazyFrame[Any]:
    """`frame` with rank columns under further names."""
    copies = [nw.col(name).alias(twin) for name, more in twins.items() for twin in more]
    return frame.with_columns(*copies) if copies else frame


def _ids_are_numbers(backend: Backend, frame: nw.LazyFrame[Any]) -> bool:
    """Whether all ids are digits; then a longer one is larger, but for leading zeros."""
    others = how_many(~nw.col(_ID).str.contains("^[0-9]+$"))
    ((count,),) = backend.rows(frame.select(count=others))
    return not count
