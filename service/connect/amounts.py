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
from custrata.service.connect.words import many

MONEY = ("amount", "profit", "refunded_amount")
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_ALLOWED = "a number such as 1250000 or -19.99"
_ABOVE_ZERO = r"^[0-9.]*[1-9]"
_BACK = pl.col("refunded_amount").str.strip_prefix("-")
_GIVEN_BACK = _BACK.str.contains(_ABOVE_ZERO).fill_null(value=False)
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
    rates = _Rates(mapping, record, currency) if "currency" in frame.columns else None
    faults = [*_refunds(mapping, record, frame), *(rates.check(frame) if rates else ())]
    if faults:
        return frame, faults
    if record == "transactions":
        frame = _given_back(_below_zero(frame))
    return (rates.convert(frame, there) if rates else frame), faults


def _numbers(mapping: CrmMapping, record: str, texts: pl.Series) -> Iterator[Diagnostic]:
    path = (record, "columns", texts.name)
    missing = texts.null_count()
    if missing and texts.name == "amount" and record == "transactions":
        told = f"{record}: {many(missing, 'row has', 'rows have')} no amount"
        yield mapping.fault("amount-missing", told, *path, allowed="an amount, or a where")
    wrong = texts.filter(texts.is_not_null() & ~texts.str.contains(_NUMBER))
    if len(wrong):
        shown = str(wrong[0])[:_SHOWN]
        told = many(len(wrong), "value is no number", "values are no number")
        told = f"{record}.{texts.name}: {told}, such as {shown!r}"
        yield mapping.fault("amount-unreadable", told, *path, allowed=_ALLOWED)


def _refunds(mapping: CrmMapping, record: str, frame: pl.DataFrame) -> Iterator[Diagnostic]:
    """What was given back has to be taken off once, of a sale that can be named."""
    if "refunded_amount" not in frame.columns:
        return
    given = frame.filter(_GIVEN_BACK)
    path = (record, "columns", "refunded_amount")
    unnamed = given["transaction_id"].null_count()
    if unnamed:
        told = many(unnamed, "row has a refunded_amount", "rows have a refunded_amount")
        told = f"{record}: {told}, and no transaction_id"
        yield mapping.fault("refund-unnamed", told, *path, allowed="a transaction_id for each")
    twice = given["status"].to_list().count(REFUNDED) if "status" in frame.columns else 0
    if twice:
        told = many(twice, "refund by its status has", "refunds by their status have")
        told = f"{record}: {told} a refunded_amount too, which would be taken off twice"
        allowed = "completed in the status_map for sales of which a refunded_amount tells"
        yield mapping.fault("refund-twice", told, *path, allowed=allowed)


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
            told = f"{self.record}: {many(missing, 'row has', 'rows have')} no currency"
            yield self.mapping.fault("currency-missing", told, *path)
        counts = Counter(frame["currency"].drop_nulls().to_list())
        if self.currency is None:
            if len(counts) > 1:
                told = f"{self.record} has amounts in {', '.join(sorted(counts))}"
                allowed = "money.reporting_currency, and a rate"
                yield self.mapping.fault("currency-without-rate", told, *path, allowed=allowed)
            return
        for name, rows in sorted(self._without_rate(frame).items()):
            told = many(rows, f"amount in {name} has", f"amounts in {name} have")
            told = f"{self.record}: {told} no rate to {self.currency}"
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


def _below_zero(frame: pl.DataFrame) -> pl.DataFrame:
    """Refunds that the CRM keeps as it keeps sales are turned round, with what they brought."""
    if "status" not in frame.columns:
        return frame
    as_sales = (pl.col("status") == REFUNDED) & pl.col("amount").str.contains(_ABOVE_ZERO)
    return frame.with_columns(
        pl.when(as_sales).then(_opposite(name)).otherwise(name).alias(name)
        for name in ("amount", "profit")
        if name in frame.columns
    )


def _opposite(name: str) -> pl.Expr:
    number = pl.col(name)
    loss = pl.when(number.str.contains(_ABOVE_ZERO)).then("-" + number).otherwise(number)
    return pl.when(number.str.starts_with("-")).then(number.str.strip_prefix("-")).otherwise(loss)


def _given_back(frame: pl.DataFrame) -> pl.DataFrame:
    """What was given back of a sale, as a row of its own that names it.

    How much of the profit went with it is not known.
    """
    if "refunded_amount" not in frame.columns:
        return frame
    nothing = pl.lit(None, pl.String)
    if "refund_of" not in frame.columns:
        frame = frame.with_columns(refund_of=nothing)
    refunds = frame.filter(_GIVEN_BACK).with_columns(
        amount="-" + _BACK,
        refund_of=pl.col("transaction_id"),
        transaction_id=pl.col("transaction_id") + "/refund",
        **({"profit": nothing} if "profit" in frame.columns else {}),
    )
    return pl.concat([frame, refunds])
