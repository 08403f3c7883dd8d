"""Maximum likelihood of the MBG/NBD model, over counts of equal histories.

The log-likelihood of a customer with `x` repeat purchase dates, the last of them `t` days after
the first and `T` days of tenure (Batislam et al. 2007, and Hoppe and Wagner 2007) is

    ln Γ(r+x) − ln Γ(r) + r ln α − (r+x) ln(α+T)
    + ln Γ(a+b) + ln Γ(b+x+1) − ln Γ(b) − ln Γ(a+b+x+1)
    + ln(1 + a/(b+x) · ((α+T)/(α+t))^(r+x))

Terms that depend on `x`, `t` or `T` alone are worked out once a distinct value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

Array = np.ndarray[Any, np.dtype[Any]]

_START = (0.0, 0.0, 0.0, 0.0)
"""Logarithms of r, alpha (in mean tenures), a, b."""
_LARGEST = 12.0
"""Logarithms stay within ± this: where data say nothing of dropping out, b runs away."""
_COARSE_DAYS = 28
"""The start is found on histories rounded to so many days."""
_COARSE_FROM = 20_000
"""Histories from which a rounded start saves time."""


@dataclass(frozen=True)
class _Histories:
    """Distinct values of `x`, `t` and `T`, and each history's places among them.

    `x_share` and `age_share` are the shares of customers by value, `age_dates` their `x`.
    """

    x: Array
    t: Array
    age: Array
    x_at: Array
    t_at: Array
    age_at: Array
    weight: Array
    x_share: Array
    age_share: Array
    age_dates: Array

    @classmethod
    def of(cls, x: Array, t: Array, age: Array, customers: Array) -> _Histories:
        dates, x_at = np.unique(x, return_inverse=True)
        times, t_at = np.unique(t, return_inverse=True)
        ages, age_at = np.unique(age, return_inverse=True)
        weight = customers / customers.sum()
        return cls(
            x=dates.astype(float),
            t=times.astype(float),
            age=ages.astype(float),
            x_at=x_at,
            t_at=t_at,
            age_at=age_at,
            weight=weight,
            x_share=np.bincount(x_at, weight),
            age_share=np.bincount(age_at, weight),
            age_dates=np.bincount(age_at, weight * x),
        )

    def cost(self, logarithms: Array, unit: float) -> tuple[float, Array]:
        """Minus the mean log-likelihood, and its slope in the logarithms."""
        r, alpha, a, b = np.exp(logarithms) * (1.0, unit, 1.0, 1.0)
        power, bx = r + self.x, b + self.x
        age, t = alpha + self.age, alpha + self.t
        log_age = np.log(age)
        stretch = log_age[self.age_at] - np.log(t)[self.t_at]
        powers = power[self.x_at]
        dropped = (np.log(a) - np.log(bx))[self.x_at] + powers * stretch
        small = np.exp(-np.abs(dropped))
        gone = np.where(dropped >= 0, 1.0, small) / (1.0 + small) * self.weight
        gain = self.weight * (np.maximum(dropped, 0.0) + np.log1p(small))
        likelihood = gain.sum() + self.x_share @ (
            gammaln(power) - gammaln(r) + r * np.log(alpha)
            + gammaln(a + b) + gammaln(bx + 1) - gammaln(b) - gammaln(a + bx + 1)
        )  # fmt: skip
        by_age = r * self.age_share + self.age_dates
        weighed = gone * powers
        shared = digamma(a + b) - digamma(a + bx + 1)
        slope = (
            self.x_share @ (digamma(power) - digamma(r) + np.log(alpha))
            - self.age_share @ log_age + (gone * stretch).sum(),
            r / alpha - (by_age - _by(self.age_at, weighed, age)) @ (1 / age)
            - _by(self.t_at, weighed, t) @ (1 / t),
            self.x_share @ shared + gone.sum() / a,
            self.x_share @ (shared + digamma(bx + 1) - digamma(b))
            - _by(self.x_at, gone, bx) @ (1 / bx),
        )  # fmt: skip
        return by_age @ log_age - float(likelihood), -np.array(slope) * (r, alpha, a, b)


def _by(places: Array, values: Array, like: Array) -> Array:
    """Sums of `values` by place."""
    return np.bincount(places, values, len(like))


def maximum_likelihood(histories: Sequence[tuple[int, ...]]) -> dict[str, float]:
    """`r`, `alpha` (in the unit of `t` and `T`), `a` and `b`, to nine significant digits.

    Args:
        histories: `x`, `t`, `T`, and how many customers have these; in any order.
    """
    rows = np.array(histories, dtype=np.int64)
    columns = rows[np.lexsort(rows.T)].T
    unit = float(np.average(columns[2], weights=columns[3])) or 1.0
    start = np.array(_START)
    if len(columns[0]) >= _COARSE_FROM:
        start = _search(_coarse(*columns), start, unit, 1e-6)
    found = _search(_Histories.of(*columns), start, unit, 1e-8)
    values = np.exp(found) * (1.0, unit, 1.0, 1.0)
    return {
        name: float(f"{value:.9g}")
        for name, value in zip(("r", "alpha", "a", "b"), values, strict=True)
    }


def _search(histories: _Histories, start: Array, unit: float, tolerance: float) -> Array:
    found = minimize(
        histories.cost,
        start,
        args=(unit,),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_LARGEST, _LARGEST)] * len(_START),
        options={"ftol": tolerance * 1e-6, "gtol": tolerance, "maxiter": 500},
    )
    return np.asarray(found.x)


def _coarse(x: Array, t: Array, age: Array, customers: Array) -> _Histories:
    """Histories with times rounded, those that became equal counted together."""
    t, age = t // _COARSE_DAYS, age // _COARSE_DAYS
    ages, times = int(age.max()) + 1, int(t.max()) + 1
    distinct, place = np.unique((x * times + t) * ages + age, return_inverse=True)
    (dates, t), age = np.divmod(distinct // ages, times), distinct % ages
    counted = np.bincount(place, customers)
    return _Histories.of(dates, t * _COARSE_DAYS, age * _COARSE_DAYS, counted)
