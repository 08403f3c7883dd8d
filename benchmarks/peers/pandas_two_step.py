"""Hand-written pandas: masks, one group-by a file, look-ups by position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.job import (
    AS_OF,
    FREQUENT_SALES,
    HIGH_CENTS,
    LOYALTY,
    NEXT_DAY,
    PURSUED,
    PYRAMID,
    RECENT_DAYS,
    RFM,
    SEGMENTS,
    STALE_DAYS,
    TOP_FRACTIONS,
    TOP_SHARE,
    YEAR_AGO,
)

FIFTHS = [0.2, 0.4, 0.6, 0.8]


def run(folder: Path, out: Path) -> None:
    """Read the data set, write `customer_id` and six labels as Parquet."""
    _classified(_measured(folder)).to_parquet(out, index=False)


def _measured(folder: Path) -> pd.DataFrame:
    columns = ["customer_id", "stage", "created_at"]
    frame = pd.read_parquet(folder / "customers.parquet", columns=columns)
    given = pd.read_parquet(folder / "measures.parquet")
    for part in (_sales(folder), _contacts(folder), *_answers(folder), given):
        frame = frame.merge(part, on="customer_id", how="left")
    frame[["frequency", "monetary"]] = frame[["frequency", "monetary"]].fillna(0).astype("int64")
    frame["recency_days"] = _days(frame["last_sale"])
    created = pd.to_datetime(frame["created_at"])
    frame["days_since_contact"] = _days(frame["last_contact"].fillna(created))
    return frame


def _days(moments: pd.Series) -> pd.Series:
    """Whole days up to the as-of date; NaN where there is no moment."""
    return (pd.Timestamp(AS_OF) - moments.dt.normalize()).dt.days


def _sales(folder: Path) -> pd.DataFrame:
    columns = ["customer_id", "occurred_at", "amount"]
    rows = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    rows = rows[rows["occurred_at"] < NEXT_DAY]
    if rows["amount"].dtype.kind == "f":
        rows["amount"] = (rows["amount"] * 100).round().astype("int64")
    sale, year = rows["amount"] >= 0, rows["occurred_at"] >= YEAR_AGO
    parts = pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "last_sale": rows["occurred_at"].where(sale),
            "frequency": (sale & year).astype("int64"),
            "monetary": rows["amount"].where(year, 0),
        }
    )
    return parts.groupby("customer_id", sort=False, as_index=False).agg(
        {"last_sale": "max", "frequency": "sum", "monetary": "sum"}
    )


def _contacts(folder: Path) -> pd.DataFrame:
    columns = ["customer_id", "occurred_at", "outcome"]
    met = pd.read_parquet(folder / "contacts.parquet", columns=columns)
    met = met[(met["occurred_at"] < NEXT_DAY) & (met["outcome"] != "missed")]
    last = met.groupby("customer_id", sort=False, as_index=False)["occurred_at"].max()
    return last.rename(columns={"occurred_at": "last_contact"})


def _answers(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    said = pd.read_parquet(folder / "surveys.parquet")
    said = said[said["answered_at"] < NEXT_DAY]
    satisfied = (said["question"] == "satisfaction") & (said["answered_at"] >= YEAR_AGO)
    willing = said["question"] == "recommend"
    return _latest(said[satisfied], "satisfaction"), _latest(said[willing], "recommend")


def _latest(said: pd.DataFrame, name: str) -> pd.DataFrame:
    last = said.sort_values("answered_at").drop_duplicates("customer_id", keep="last")
    return pd.DataFrame({"customer_id": last["customer_id"], name: last["answer"].astype("int64")})


def _classified(frame: pd.DataFrame) -> pd.DataFrame:
    bought = frame["recency_days"].notna().to_numpy()
    buyers = frame[bought]
    code = _codes(frame, buyers)
    amounts = frame["monetary"].to_numpy()
    pyramid = _above(amounts, _tops(buyers["monetary"].to_numpy()))
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "rfm": np.where(bought, np.array(RFM, object)[_rfm(frame)], "no_purchase"),
            "segments": np.where(bought, np.array(SEGMENTS, object)[code], "no_purchase"),
            "pareto": np.where(amounts >= _head(amounts), "key", "long_tail").astype(object),
            "pyramid": np.where(bought, np.array(PYRAMID, object)[pyramid], "not_existing"),
            "stale_contact": _stale(frame),
            "loyalty": np.array(LOYALTY, object)[_loyalty(frame)],
        }
    )


def _rfm(frame: pd.DataFrame) -> np.ndarray:
    recent = (frame["recency_days"] <= RECENT_DAYS).to_numpy()
    often = (frame["frequency"] >= FREQUENT_SALES).to_numpy()
    much = (frame["monetary"] >= HIGH_CENTS).to_numpy()
    return 4 * recent + 2 * often + much


def _codes(frame: pd.DataFrame, buyers: pd.DataFrame) -> np.ndarray:
    r, f, m = (buyers[name].quantile(FIFTHS) for name in ("recency_days", "frequency", "monetary"))
    days = frame["recency_days"].fillna(0).to_numpy()
    recent = 4 - np.searchsorted(r, days, side="left")
    return 25 * recent + 5 * _above(frame["frequency"], f) + _above(frame["monetary"], m)


def _above(values: pd.Series | np.ndarray, cuts: pd.Series | np.ndarray) -> np.ndarray:
    return np.searchsorted(cuts, values, side="right")


def _tops(amounts: np.ndarray) -> np.ndarray:
    falling = np.sort(amounts)[::-1]
    places = [-(-round(share * 100) * len(falling) // 100) - 1 for share in TOP_FRACTIONS]
    return np.sort(falling[places])


def _head(amounts: np.ndarray) -> int:
    falling = np.sort(amounts[amounts > 0])[::-1]
    sums = np.cumsum(falling)
    place = np.searchsorted(sums, -(-round(TOP_SHARE * 100) * int(sums[-1]) // 100), "left")
    return int(falling[place])


def _stale(frame: pd.DataFrame) -> np.ndarray:
    days = frame["days_since_contact"]
    forgotten = (days >= STALE_DAYS) & frame["stage"].isin(PURSUED)
    stale = np.where(forgotten, "dont_forget", "in_touch").astype(object)
    return np.where(days.isna(), "unknown", stale)


def _loyalty(frame: pd.DataFrame) -> np.ndarray:
    satisfied = frame["satisfaction"].fillna(0).astype("int64").to_numpy()
    chance, score = frame["purchase_score"], frame["recommend"]
    likely = np.where(chance.isna(), 0, 1 + (chance >= 0.3) + 1 * (chance >= 0.7))
    willing = np.where(score.isna(), 0, 1 + (score >= 7) + 1 * (score >= 9))
    return 16 * satisfied + 4 * likely + willing
