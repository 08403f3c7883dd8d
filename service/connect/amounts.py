"""Amounts, exact, in one currency, with refunds as losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import polars as pl

from custrata.engine.diagnostics import Diagnostic
from custrata.service.connect.model import REFUNDED, CrmMapping

MONEY = ("amount", "profit", "refunded_amount")
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_ALLOWED = "a number such as 1250000 or -19.99"
_EXACT = Context(prec=60)
_SHOWN = 40


def priced(
    mapping: CrmMapping, record: str, frame: pl.DataFrame, currency: str | None
) -> tuple[pl.DataFrame, list[Diagnostic]]:
    """A frame with amounts in the firm's currency, and what is wrong.

    Where an amount was brought to another currency, `amount_given` and `currency_given` tell what
    it was. Amounts without a rate stay as they are, and are an error.
    """
    there = [name for name in MONEY if name in frame.columns]
    faults = [fault for name in there for fault in _numbers(mapping, record, frame[name])]
    if not there or faults:
        return frame, faults
    if "currency" in frame.columns:
        found = _Rates(mapping, record, currency)
        faults = list(found.check(frame))
        frame = found.convert(frame, there) if not faults else frame
    if record == "transactions":
        frame = _signed(frame)
    return frame, faults


def _numbers(mapping: CrmMapping, record: str, texts: pl.Series) -> Iterator[Diagnostic]:
    path = (record, "columns", texts.name)
    missing = texts.null_count()
    if missing and texts.name == "amount" and record == "transactions":
        told = f"{record}: {missing:,} rows have no amount"
        yield mapping.fault("amount-missing", told, *path, allowed="an amount, or a where")
    wrong = texts.filter(texts.is_not_null() & ~texts.str.contains(_NUMBER))
    if len(wrong):
        shown = str(wrong[0])[:_SHOWN]
        told = f"{record}.{texts.name}: {len(wrong):,} values are no number, such as {shown!r}"
        yield mapping.fault("amount-unreadable", told, *path, allowed=_ALLOWED)


@dataclass(frozen=True)
class _Rates:
    """The way from the currencies of a record to the firm's."""

    mapping: CrmMapping
    record: str
    currency: str | None

    def check(self, frame: pl.DataFrame) -> Iterator[Diagnostic]:
        """Amounts without a currency, or without a rate."""
        path = (self.record, "columns", "currency")
        missing = frame["currency"].null_count()
        if missing:
            told = f"{self.record}: {missing:,} rows have no currency"
            yield self.mapping.fault("currency-missing", told, *path)
        counts = Counter(frame["currency"].drop_nulls().to_list())
        if self.currency is None:
            if len(counts) > 1:
                told = f"{self.record} has amounts in {', '.join(sorted(counts))}"
                allowed = "money.reporting_currency, and a rate"
                yield self.mapping.fault("currency-without-rate", told, *path, allowed=allowed)
            return
        for name, rows in sorted(self._without_rate(frame).items()):
            told = f"{self.record}: {rows:,} amounts in {name} have no rate to {self.currency}"
            allowed = "fx: divide or multiply, with fx_rate or money.rates"
            yield self.mapping.fault("currency-without-rate", told, *path, allowed=allowed)

    def _without_rate(self, frame: pl.DataFrame) -> Counter[str]:
        foreign = frame.filter(pl.col("currency") != self.currency)
        if self.mapping.money.fx == "none":
            return Counter(foreign["currency"].to_list())
        rows = foreign["currency"].to_list()
        rates = _column(foreign, "fx_rate")
        return Counter(
            name for name, rate in zip(rows, rates, strict=True) if not self._rate(name, rate)
        )

    def _rate(self, currency: str, given: str | None) -> Decimal | None:
        text = given or self.mapping.money.rates.get(currency)
        try:
            rate = Decimal(text) if text else None
        except ArithmeticError:
            return None
        return rate if rate and rate > 0 and rate.is_finite() else None

    def convert(self, frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
        """Amounts of other currencies, by their rates."""
        foreign = pl.col("currency") != pl.lit(self.currency)
        if self.currency is None or not frame.select(foreign.any()).item():
            return frame
        names, rates = frame["currency"].to_list(), _column(frame, "fx_rate")
        done = {
            name: [self._one(*row) for row in zip(frame[name].to_list(), names, rates, strict=True)]
            for name in columns
        }
        kept = frame.with_columns(amount_given=pl.col("amount"), currency_given=pl.col("currency"))
        new = [pl.Series(name, values, pl.String) for name, values in done.items()]
        return kept.with_columns(*new, currency=pl.lit(self.currency))

    def _one(self, text: str | None, currency: str, given: str | None) -> str | None:
        if text is None or currency == self.currency:
            return text
        money, amount = self.mapping.money, Decimal(text)
        rate = self._rate(currency, given)
        assert rate is not None
        divided = money.fx == "divide"
        there = _EXACT.divide(amount, rate) if divided else _EXACT.multiply(amount, rate)
        unit = Decimal(1).scaleb(-money.decimals)
        return format(there.quantize(unit, ROUND_HALF_EVEN, _EXACT), "f")


def _column(frame: pl.DataFrame, name: str) -> list[Any]:
    return frame[name].to_list() if name in frame.columns else [None] * len(frame)


def _signed(frame: pl.DataFrame) -> pl.DataFrame:
    """Refunds below zero; what was given back of a sale as a row of its own that names it."""
    if "status" in frame.columns:
        size = pl.col("amount").str.strip_prefix("-")
        loss = pl.when(size.str.contains("[1-9]")).then("-" + size).otherwise(size)
        frame = frame.with_columns(
            amount=pl.when(pl.col("status") == REFUNDED).then(loss).otherwise("amount")
        )
    if "refunded_amount" not in frame.columns:
        return frame
    back = pl.col("refunded_amount").str.strip_prefix("-")
    given_back = frame.filter(back.str.contains("[1-9]").fill_null(value=False)).with_columns(
        amount="-" + back,
        refund_of=pl.col("transaction_id"),
        transaction_id=pl.col("transaction_id") + "/refund",
    )
    none = pl.lit(None, pl.String).alias("refund_of")
    return pl.concat([frame.with_columns(none), given_back.select(*frame.columns, "refund_of")])
