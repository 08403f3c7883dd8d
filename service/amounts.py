"""Which amounts can be kept beside those of the store.

All amounts are added up on one scale, that of the finest. So one with nine decimals leaves no room
for large ones, and would stop every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata.service.values import Money, wrong
from custrata.store.models import Transaction

MOST_DECIMALS = 9
_PLAIN = 3
"""Decimals that leave room for any amount of a firm's."""
ROOM = 1_000
"""So many times the largest amount has to fit, since those of one customer are summed."""
_LARGEST = 2**63 - 1
_ALWAYS_FITS = _LARGEST // 10**MOST_DECIMALS


@dataclass(frozen=True)
class Extent:
    """What amounts and profits there are.

    Attributes:
        finest: the most decimals that one has.
        largest: without its sign and decimals.
    """

    finest: int = 0
    largest: int = 0

    @property
    def decimals(self) -> int:
        """How many decimals there is room for beside the largest."""
        room = (_LARGEST // ROOM) // max(self.largest, 1)
        return max(_PLAIN, min(MOST_DECIMALS, len(str(room)) - 1 if room else 0))

    @property
    def most(self) -> int:
        """How large an amount may be beside the finest that may come, without its decimals."""
        return _LARGEST // int(10 ** max(self.finest, _PLAIN))


def extent(session: Session) -> Extent:
    """What the store has of them; reads all."""
    table = Transaction
    sides = (func.max(table.amount), func.min(table.amount))
    profits = (func.max(table.profit), func.min(table.profit))
    query = select(table.scale, *sides, *profits).group_by(table.scale)
    rows = session.execute(query).all()
    largest = (max(abs(one or 0) for one in ends) // 10**scale for scale, *ends in rows)
    finest = max((scale for scale, *_ends in rows), default=0)
    return Extent(finest, max(largest, default=0))


def fits_anywhere(amount: Decimal) -> bool:
    """Whether an amount goes beside any that a store can have; what is no number does not."""
    if not amount.is_finite() or abs(amount) > _ALWAYS_FITS:
        return False
    return amount == round(amount, _PLAIN)


def need_room(session: Session, exact: Money) -> None:
    """Refuse an amount that would stop every run.

    Raises:
        DataError: it is too fine beside those of the store, or too large.
    """
    largest = max(abs(exact.amount), abs(exact.profit or 0)) // 10**exact.scale
    if exact.scale <= _PLAIN and largest <= _ALWAYS_FITS:
        return
    there = extent(session)
    if exact.scale > there.decimals:
        fault = f"{exact.scale} decimals leave no room beside an amount of {there.largest:,}"
        raise wrong("money-too-fine", fault, f"up to {there.decimals} decimals")
    if largest > there.most:
        fault = "the amount is too large to be added to others"
        raise wrong("money-too-large", fault, f"up to {there.most:,}")
