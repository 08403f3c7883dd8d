"""What the next months will bring: exponential smoothing of the months that are over.

Months are taken by their logarithm, with a trend that fades: growth of firms is a share of what
they sell, and no trend goes on for ever. From three years on the seasons of the year are tried,
too, and kept where they pay for themselves. The model and its interval are those of statsmodels
(Hyndman et al., *Forecasting with Exponential Smoothing*, 2008).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

NEEDED = 12
"""Months that there have to be."""
AHEAD, HELD_BACK = 6, 3
"""Months that are told; months that are held back to see how wrong it would have been."""
SHARE = 0.8
"""How often the truth is to lie in the interval."""
_YEAR, _SEASONS_FROM = 12, 36


@dataclass(frozen=True)
class Point:
    """A month that is told: what is most likely, and between which ends it lies with `SHARE`."""

    likely: float
    low: float
    high: float


@dataclass(frozen=True)
class Tested:
    """What would have been told of the last months before they were.

    Attributes:
        points: as they would have been told. actual: what came, as exact text.
        error: by how much of the truth it was wrong, the mean of the months.
        naive_error: the same for who says that the next months will be as the last one.
        inside: how many of them lay in the interval.
    """

    points: tuple[Point, ...]
    actual: tuple[str, ...]
    error: float
    naive_error: float
    inside: int


@dataclass(frozen=True)
class Forecast:
    """The next months.

    Attributes:
        why: why nothing is told: `short`, `gaps`, `library`, `fit`; None where it is.
        months: how many are over. needed: how many there have to be.
        seasons: whether the seasons of the year are in it.
    """

    why: str | None
    months: int
    needed: int = NEEDED
    points: tuple[Point, ...] = ()
    tested: Tested | None = None
    seasons: bool = False


def foretell(months: Sequence[Decimal]) -> Forecast:
    """The forecast of whole months, the earliest first; never fails, but says why not."""
    return _foretell(tuple(months))


@lru_cache(maxsize=8)  # runs of one month have the same whole months
def _foretell(months: tuple[Decimal, ...]) -> Forecast:
    if len(months) < NEEDED:
        return Forecast("short", len(months))
    if any(one <= 0 for one in months):
        return Forecast("gaps", len(months))
    try:
        points, seasons = ahead(months, AHEAD)
        tested = tried(months)
    except ImportError:
        return Forecast("library", len(months))
    except (ValueError, ArithmeticError, RuntimeError):
        return Forecast("fit", len(months))
    return Forecast(None, len(months), points=points, tested=tested, seasons=seasons)


def tried(months: Sequence[Decimal]) -> Tested:
    """The last months held back, and told from those before."""
    known, actual = months[:-HELD_BACK], months[-HELD_BACK:]
    points, _seasons = ahead(known, HELD_BACK)
    truth = [float(one) for one in actual]
    return Tested(
        points,
        tuple(format(one, "f") for one in actual),
        error=_wrong([one.likely for one in points], truth),
        naive_error=_wrong([float(known[-1])] * HELD_BACK, truth),
        inside=sum(one.low <= real <= one.high for one, real in zip(points, truth, strict=True)),
    )


def ahead(months: Sequence[Decimal], count: int) -> tuple[tuple[Point, ...], bool]:
    """The months that follow, and whether seasons are in it.

    Raises:
        ImportError: statsmodels is not installed.
        ValueError, ArithmeticError, RuntimeError: there is no fit.
    """
    import numpy as np
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    series = pd.Series(np.log([float(one) for one in months]))
    forms = [None, "add"] if len(months) >= _SEASONS_FROM else [None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that is not perfect is told by its back-test
        fits = [
            ETSModel(
                series,
                trend="add",
                damped_trend=True,
                seasonal=form,
                seasonal_periods=None if form is None else _YEAR,
            ).fit(disp=False)
            for form in forms
        ]
        best = min(range(len(fits)), key=lambda place: (_finite(fits[place].aicc), place))
        told = fits[best].get_prediction(start=len(months), end=len(months) + count - 1)
        table = told.summary_frame(alpha=1 - SHARE)
    rows = np.exp(table[["mean", "pi_lower", "pi_upper"]].to_numpy())
    if not np.isfinite(rows).all():
        raise ValueError("the forecast is not finite")
    points = tuple(Point(*(round(float(one), 2) for one in row)) for row in rows)
    return points, forms[best] is not None


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.inf


def _wrong(told: Sequence[float], truth: Sequence[float]) -> float:
    errors = [abs(one - real) / real for one, real in zip(told, truth, strict=True)]
    return round(sum(errors) / len(errors), 6)
