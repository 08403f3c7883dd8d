"""Whom a change of the rules moves: the swap set of a draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.run import Labelled
from custrata.engine.values import exactly
from custrata.engine.vector import label_text

REVENUE = "monetary"
"""The measure that says what a customer brings."""
BEFORE, MONEY = "#before:", "#money"
"""Columns of what was before: a label's prefix, and what a customer brings."""


@dataclass(frozen=True)
class Moved:
    """So many customers, and what they bring in the window; None where that is not measured."""

    customers: int
    revenue: Decimal | None = None


@dataclass(frozen=True)
class SwapSet:
    """Who would move between two versions of the rules.

    Attributes:
        matrix: by classifier, then by (label now, label after), of everyone, movers or not;
            labels are texts as in the output, None where there is none.
        after: the customers with the draft's labels.
        diagnostics: what the draft's measures and cut points had to say.
    """

    matrix: Mapping[str, Mapping[tuple[str | None, str | None], Moved]]
    after: Labelled
    diagnostics: tuple[Diagnostic, ...]
    compared: nw.LazyFrame[Any]
    native: Any

    @property
    def sizes(self) -> dict[str, dict[str | None, tuple[int, int]]]:
        """By classifier and label: customers now and after."""
        return {name: _sizes(pairs) for name, pairs in self.matrix.items()}

    @cached_property
    def moved(self) -> dict[str, Moved]:
        """By classifier: how many customers move, and what they bring."""
        return {
            name: _total([moved for pair, moved in pairs.items() if pair[0] != pair[1]])
            for name, pairs in self.matrix.items()
        }

    @cached_property
    def moves(self) -> Any:
        """Native frame, a row for each customer and classifier that moves.

        Columns: `customer_id`, `classifier`, `from`, `to` (texts).
        """
        return self.native(self._moves())

    def _moves(self) -> nw.LazyFrame[Any]:
        parts = [self._moves_of(name) for name in self.matrix]
        return nw.concat(parts, how="vertical") if parts else self.compared.select("customer_id")

    def _moves_of(self, name: str) -> nw.LazyFrame[Any]:
        before, after = nw.col(f"before:{name}"), nw.col(f"after:{name}")
        same = (before == after) | (before.is_null() & after.is_null())
        return self.compared.filter(~same.fill_null(value=False)).select(
            "customer_id",
            nw.lit(name).alias("classifier"),
            before.alias("from"),
            after.alias("to"),
        )


def compare(
    before: Labelled,
    after: Labelled,
    revenue: Column | None,
    native: Any,
    diagnostics: tuple[Diagnostic, ...],
    only: Collection[str] | None = None,
) -> SwapSet:
    """The swap set of the classifiers that either version has.

    Args:
        before: as it is now.
        after: the draft's labels, in a frame that has the old ones too, as texts under
            `BEFORE`, and `MONEY` where `revenue` is.
        revenue: what the column `MONEY` holds.
        native: turns a lazy frame into the user's kind.
        diagnostics: what the draft's measures and cut points had to say.
        only: which ones; None is all of them.
    """
    old = [one.name for one in before.compiled]
    both = dict.fromkeys([*old, *(one.name for one in after.compiled)])
    names = [name for name in both if only is None or name in only]
    columns = [_old(name, old) for name in names]
    columns += [label_text(after.columns, name).alias(f"after:{name}") for name in names]
    money = [nw.col(MONEY)] if revenue is not None else []
    compared = after.backend.keep(after.frame.select("customer_id", *columns, *money))
    matrix = {name: _matrix(after, compared, name, revenue) for name in names}
    return SwapSet(matrix, after, diagnostics, compared, native)


def _old(name: str, known: Sequence[str]) -> nw.Expr:
    text = nw.col(BEFORE + name) if name in known else nw.lit(None, dtype=nw.String)
    return text.alias(f"before:{name}")


def _matrix(
    labelled: Labelled, compared: nw.LazyFrame[Any], name: str, revenue: Column | None
) -> dict[tuple[str | None, str | None], Moved]:
    pair = [nw.col(f"before:{name}").alias("#from"), nw.col(f"after:{name}").alias("#to")]
    sums = [nw.len().alias("#customers")]
    amounts = []
    if revenue is not None:
        sums.append(nw.col(MONEY).cast(labelled.backend.wide).sum().alias("#sum"))
        amounts.append(nw.col(MONEY))
    grouped = compared.select(*pair, *amounts).group_by("#from", "#to").agg(*sums)
    rows = labelled.backend.rows(grouped)
    return {(row[0], row[1]): Moved(row[2], money(row[3:], revenue)) for row in rows}


def money(stored: tuple[Any, ...], column: Column | None) -> Decimal | None:
    """An exact amount of a stored sum; None where it is not measured."""
    if column is None or not stored:
        return None
    return exactly(stored[0] or 0, column.scale)


def _total(parts: list[Moved]) -> Moved:
    revenues = [part.revenue for part in parts if part.revenue is not None]
    known = len(revenues) == len(parts)
    return Moved(sum(part.customers for part in parts), sum(revenues, Decimal()) if known else None)


def _sizes(
    pairs: Mapping[tuple[str | None, str | None], Moved],
) -> dict[str | None, tuple[int, int]]:
    labels = dict.fromkeys(label for pair in pairs for label in pair)
    return {
        label: (
            sum(moved.customers for pair, moved in pairs.items() if pair[0] == label),
            sum(moved.customers for pair, moved in pairs.items() if pair[1] == label),
        )
        for label in labels
    }
