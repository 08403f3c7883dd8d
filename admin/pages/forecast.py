"""What the next months will bring, how sure that is, and how wrong it would have been before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_admin import expose

from custrata.admin.charts import Plane
from custrata.admin.here import desk
from custrata.admin.language import compact, lazy, short_month
from custrata.admin.page import Page
from custrata.service.calendar.times import following
from custrata.service.figures import latest
from custrata.service.figures.forecast import AHEAD, HELD_BACK, SHARE

_SHOWN = 24
"""Months that are drawn before the next ones."""
_STEPS = 4
_DIGITS = 3
_PLANE = (42, 12, 366, 180)
_NAMED = 3
"""About so many months are named below the line."""


@dataclass(frozen=True)
class Told:
    """A month of the forecast, in amounts that are rounded to what an estimate can say."""

    month: date
    likely: Decimal
    low: Decimal
    high: Decimal
    actual: Decimal | None = None


@dataclass(frozen=True)
class Drawn:
    """The line of months, the band of the next ones, what was told of the last ones.

    Attributes:
        grid: heights with what they stand for. names: places from the left with months.
    """

    line: str
    band: str
    told: str
    tried: str
    grid: list[tuple[float, str]]
    names: list[tuple[float, str]]


class Forecast(Page):
    """Revenue of the next months."""

    title = lazy("Forecast")
    address = "forecast"
    icon = "fa-line-chart"
    section = "sales"

    @expose("/")
    def index(self) -> str:
        """The line with its band, the numbers, and the test on the last months."""
        with desk().database.read() as session:
            figures = latest(session)
        found = figures.get("forecast") if figures else None
        values = _values(figures.get("revenue_by_month"), found) if figures and found else {}
        return self.page(
            "panel/forecast/index.html",
            figures=figures,
            forecast=found,
            share=SHARE,
            ahead=AHEAD,
            held_back=HELD_BACK,
            **values,
        )


def _values(rows: Sequence[Mapping[str, Any]] | None, found: Mapping[str, Any]) -> dict[str, Any]:
    known = [
        (date.fromisoformat(row["month"]), Decimal(row["revenue"]))
        for row in rows or ()
        if row["whole"]
    ]
    if found["why"] or not known:
        return {"known": known}
    told = _told(found["points"], date.fromisoformat(found["from"]))
    tested = found["tested"]
    before = known[-len(tested["points"])][0]
    actual = [Decimal(one) for one in tested["actual"]]
    tried = _told(tested["points"], before, actual)
    return {
        "known": known,
        "told": told,
        "tried": tried,
        "drawn": _draw(known[-_SHOWN:], told, tried),
    }


def _told(
    points: Sequence[Mapping[str, float]], first: date, actual: Sequence[Decimal] = ()
) -> list[Told]:
    found, at = [], first
    for place, one in enumerate(points):
        likely, low, high = (_estimate(one[name]) for name in ("likely", "low", "high"))
        found.append(Told(at, likely, low, high, actual[place] if actual else None))
        at = following(at)
    return found


def _estimate(value: float) -> Decimal:
    """To three digits: more would feign that it is known."""
    exact = Decimal(str(value))
    return Decimal(format(round(exact, _DIGITS - 1 - exact.adjusted()), "f"))


def _draw(
    known: Sequence[tuple[date, Decimal]], told: Sequence[Told], tried: Sequence[Told]
) -> Drawn:
    plane = Plane(*_PLANE)
    months = [at for at, _ in known] + [one.month for one in told]
    places = {at: place / (len(months) - 1) for place, at in enumerate(months)}
    highest = max(*(amount for _, amount in known), *(one.high for one in told))
    top = float(highest) or 1.0
    last = known[-1]

    def points(pairs: Sequence[tuple[date, Decimal]]) -> list[tuple[float, float]]:
        return [(places[at], max(float(amount), 0.0) / top) for at, amount in pairs]

    upper = points([last, *((one.month, one.high) for one in told)])
    lower = points([last, *((one.month, one.low) for one in told)])
    every = max(1, len(months) // _NAMED)
    return Drawn(
        line=plane.path(points(known)),
        band=plane.path([*upper, *lower[::-1]]) + "Z",
        told=plane.path(points([last, *((one.month, one.likely) for one in told)])),
        tried=plane.path(points([(one.month, one.likely) for one in tried])),
        grid=[(plane.y(step / _STEPS), compact(top * step / _STEPS)) for step in range(_STEPS + 1)],
        names=[(plane.x(places[at]), short_month(at)) for at in months[::-1][::every]],
    )
