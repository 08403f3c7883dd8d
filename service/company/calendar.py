"""The firm's days: when it is open, when people buy more, moments of a day.

A day is a `date`'s ordinal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from custrata.service.company.dice import Dice
from custrata.service.company.firm import Firm, Season
from custrata.service.company.rows import Moment

DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
AWAY = range(-2, 6)
"""Days around Tết on which nobody works."""
_SATURDAY, _SUNDAY = 5, 6
_HOLIDAYS = ((1, 1), (4, 30), (5, 1), (9, 2))
_OFFICE, _SHOP = (8 * 3600, 17 * 3600 + 1800), (8 * 3600, 21 * 3600 + 1800)


@dataclass(frozen=True)
class Calendar:
    """Days on which the firm is closed, and how much is bought on a day (1 is usual)."""

    closed: frozenset[int]
    seasons: Sequence[tuple[range, float]]

    @classmethod
    def of(cls, firm: Firm) -> Calendar:
        """The calendar of a firm's feasts."""
        tet = [day.toordinal() for day in firm.feasts["tet"]]
        away = {first + by for first in tet for by in AWAY}
        fixed = {
            date(day.year, *one).toordinal() for day in firm.feasts["tet"] for one in _HOLIDAYS
        }
        seasons = [span for season in firm.seasons for span in _spans(firm, season)]
        return cls(frozenset(away | fixed), seasons)

    def demand(self, day: int) -> float:
        """How much more than usual is bought."""
        return next((demand for days, demand in self.seasons if day in days), 1.0)

    def office_day(self, day: int) -> int:
        """The day, or the next one on which the office works."""
        while day in self.closed or weekday(day) == _SUNDAY:
            day += 1
        return day

    def trading_day(self, day: int, dice: Dice, *, consumer: bool) -> int:
        """A day near this one on which such a customer buys."""
        if consumer and dice.chance(0.25):
            day += (_SATURDAY - weekday(day)) % 7
        elif not consumer and weekday(day) >= _SATURDAY and dice.chance(0.8):
            day += 7 - weekday(day)
        while day in self.closed:
            day += 1
        return day if consumer else self.office_day(day)


def _spans(firm: Firm, season: Season) -> list[tuple[range, float]]:
    days = [day.toordinal() for day in firm.feasts[season.feast]]
    return [(range(day + season.first, day + season.last + 1), season.demand) for day in days]


def weekday(day: int) -> int:
    """0 for a Monday."""
    return (day - 1) % 7


def office_time(day: int, dice: Dice) -> Moment:
    """A moment of a day while the office works."""
    return _moment(day, dice.between(*_OFFICE))


def shop_time(day: int, dice: Dice) -> Moment:
    """A moment of a day while the shop is open."""
    return _moment(day, dice.between(*_SHOP))


def end_of(day: int) -> Moment:
    """The moment at which a day is over."""
    return _moment(day + 1, 0)


def day_of(moment: Moment) -> int:
    """The day of a moment."""
    return moment // DAY + _EPOCH


def later(moment: Moment, minutes: int) -> Moment:
    """A moment some minutes after another."""
    return Moment(moment + 60 * minutes)


def _moment(day: int, second: int) -> Moment:
    return Moment((day - _EPOCH) * DAY + second)
