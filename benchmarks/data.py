"""Seeded synthetic customers with realistic skew, written once as Parquet outside the repository.

Purchases follow a lognormal propensity, so that a fifth of the buyers bring most of the
revenue; customers come and go over three years; one sale in fifty is refunded without a
link, one row in a thousand is dated after the as-of date, one contact in five reached nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.job import AS_OF, HIGH_CENTS, RULES
from benchmarks.sizes import Size

DAYS = 3 * 365
DAY_US = 86_400_000_000
STAGES = ("new", "approached", "potential", "hot", "closed", "lost")


def data_set(size: Size) -> Path:
    """The folder of a data set, generated where it is not there yet: five files and the rules."""
    folder = size.folder
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        unfinished.mkdir(parents=True)
        _write(size, unfinished)
        unfinished.rename(folder)
    (folder / "rules.yaml").write_text(_rules(size))
    return folder


def _rules(size: Size) -> str:
    """The job's rules, in the unit of the amounts."""
    rules = RULES.read_text()
    if size.amounts == "integer":
        return rules
    fixed = f"cuts: [{HIGH_CENTS}]"
    assert rules.count(fixed) == 1
    return rules.replace(fixed, f"cuts: [{HIGH_CENTS // 100}]")


def _write(size: Size, folder: Path) -> None:
    rng = np.random.default_rng(size.seed)
    ids = _ids(size)
    joined = DAYS * np.sqrt(rng.random(size.customers))  # more customers of late
    left = np.minimum(joined + rng.exponential(700.0, size.customers), DAYS)
    parts: dict[str, Callable[[], pl.DataFrame]] = {
        "customers": lambda: _customers(rng, ids, joined),
        "transactions": lambda: _transactions(rng, ids, joined, left, size),
        "contacts": lambda: _contacts(rng, ids, joined, left),
        "surveys": lambda: _surveys(rng, ids),
        "measures": lambda: _measures(rng, ids),
    }
    for name, make in parts.items():
        make().write_parquet(folder / f"{name}.parquet")


def _ids(size: Size) -> pl.Series:
    numbers = pl.Series("customer_id", np.arange(1, size.customers + 1))
    if size.ids == "integer":
        return numbers
    return ("C" + numbers.cast(pl.String).str.zfill(7)).alias("customer_id")


def _moments(days: np.ndarray) -> pl.Series:
    """Day offsets (0 is three years back) as naive datetimes, none beyond the day they name."""
    end = int(np.datetime64(AS_OF, "D").astype(int)) + 1
    return pl.Series(((days + end - DAYS) * DAY_US).astype(np.int64)).cast(pl.Datetime("us"))


def _pick(rng: np.random.Generator, weights: np.ndarray, count: int) -> np.ndarray:
    """`count` positions drawn by weight."""
    edges = np.cumsum(weights)
    return np.searchsorted(edges, rng.random(count) * edges[-1], side="right")


def _texts(
    rng: np.random.Generator, words: tuple[str, ...], shares: list[float], n: int
) -> pl.Series:
    return pl.Series(words)[rng.choice(len(words), n, p=shares)]


def _customers(rng: np.random.Generator, ids: pl.Series, joined: np.ndarray) -> pl.DataFrame:
    n = len(ids)
    return pl.DataFrame(
        {
            "customer_id": ids,
            "created_at": _moments(joined).dt.date(),
            "stage": _texts(rng, STAGES, [0.15, 0.15, 0.15, 0.05, 0.4, 0.1], n),
            "source": _texts(rng, ("web", "referral", "event", "shop"), [0.5, 0.2, 0.1, 0.2], n),
        }
    )


def _transactions(
    rng: np.random.Generator, ids: pl.Series, joined: np.ndarray, left: np.ndarray, size: Size
) -> pl.DataFrame:
    n = size.transactions
    buys = np.where(rng.random(size.customers) < 0.85, rng.lognormal(0, 1.1, size.customers), 0.0)
    who = _pick(rng, buys * (left - joined + 30), n)
    days = joined[who] + rng.random(n) * (left[who] - joined[who])
    future = rng.random(n) < 0.001
    days[future] = DAYS + 20 * rng.random(int(future.sum()))
    order = np.argsort(days)
    who, days = who[order], days[order]
    basket = rng.lognormal(8.0, 0.7, size.customers)[who] * rng.lognormal(0, 0.6, n)
    cents = np.maximum(np.rint(basket / 10) * 10, 10).astype(np.int64)
    cents = np.where(rng.random(n) < 0.02, -cents // 2, cents)
    return pl.DataFrame(
        {
            "transaction_id": np.arange(1, n + 1),
            "customer_id": ids.gather(who),
            "occurred_at": _moments(days),
            "amount": cents if size.amounts == "integer" else cents / np.float64(100),
            "product": _texts(rng, ("flight", "hotel", "tour", "visa"), [0.4, 0.3, 0.2, 0.1], n),
        }
    )


def _contacts(
    rng: np.random.Generator, ids: pl.Series, joined: np.ndarray, left: np.ndarray
) -> pl.DataFrame:
    n = 2 * len(ids)
    who = _pick(rng, rng.lognormal(0, 1.0, len(ids)), n)
    days = np.sort(joined[who] + rng.random(n) ** 0.5 * (left[who] - joined[who]))
    return pl.DataFrame(
        {
            "customer_id": ids.gather(who),
            "occurred_at": _moments(days),
            "channel": _texts(rng, ("phone", "visit", "mail"), [0.6, 0.1, 0.3], n),
            "direction": _texts(rng, ("out", "in"), [0.8, 0.2], n),
            "outcome": _texts(rng, ("reached", "missed"), [0.8, 0.2], n),
        }
    )


def _surveys(rng: np.random.Generator, ids: pl.Series) -> pl.DataFrame:
    """A third of the customers answer, some twice; one answer a question and day."""
    n = len(ids) // 3
    who = rng.choice(len(ids), n, replace=False)
    again = who[: n // 3]
    satisfaction = ("5", "4", "3", "2", "1")
    recommend = tuple(str(score) for score in range(11))
    shares = [0.03, 0.01, 0.02, 0.02, 0.03, 0.06, 0.08, 0.15, 0.25, 0.2, 0.15]
    waves = [
        (who, "satisfaction", DAYS - 370 - 300 * rng.random(n), satisfaction, _FIVE),
        (again, "satisfaction", DAYS - 1 - 350 * rng.random(len(again)), satisfaction, _FIVE),
        (who, "recommend", DAYS - 180 - 170 * rng.random(n), recommend, shares),
        (again, "recommend", DAYS - 1 - 170 * rng.random(len(again)), recommend, shares),
    ]
    frames = [
        pl.DataFrame(
            {
                "customer_id": ids.gather(people),
                "answered_at": _moments(days),
                "question": pl.repeat(question, len(people), eager=True),
                "answer": _texts(rng, words, share, len(people)),
            }
        )
        for people, question, days, words, share in waves
    ]
    return pl.concat(frames).sort("answered_at")


_FIVE = [0.3, 0.35, 0.2, 0.1, 0.05]


def _measures(rng: np.random.Generator, ids: pl.Series) -> pl.DataFrame:
    """A score that another team's model brought; three in ten have none."""
    score = np.round(rng.beta(1.2, 1.5, len(ids)), 2)
    known = rng.random(len(ids)) < 0.7
    return pl.DataFrame({"customer_id": ids, "purchase_score": score}).with_columns(
        pl.when(pl.Series(known)).then(pl.col("purchase_score"))
    )
