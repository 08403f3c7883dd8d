"""What every generator is handed: the firm, its calendar, the seed, the time that passes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from custrata.service.company.calendar import Calendar
from custrata.service.company.dice import Dice
from custrata.service.company.firm import Firm, Product, firm

YEARS = 3
_BEYOND = 14
"""Days after the last one that are lived through, for visits planned then."""


@dataclass(frozen=True)
class World:
    """A firm in its time; days are ordinals.

    Attributes:
        first: the day on which it opens. last: the one up to which is told.
    """

    firm: Firm
    calendar: Calendar
    seed: int
    first: int
    last: int

    @classmethod
    def of(cls, seed: int, last_day: date) -> World:
        """The firm that ships, over three years up to a day."""
        last = last_day.toordinal()
        told = firm()
        return cls(told, Calendar.of(told), seed, last - YEARS * 365, last)

    @property
    def horizon(self) -> int:
        """The day on which lives break off."""
        return self.last + _BEYOND

    def dice(self, *matter: object) -> Dice:
        """Dice of one matter alone."""
        return Dice(self.seed, *matter)

    def launch(self, product: Product) -> int | None:
        """The day on which a product came out."""
        return None if product.launched is None else self.last - product.launched

    def years_at(self, day: int) -> float:
        """Years since the firm opened."""
        return (day - self.first) / 365
