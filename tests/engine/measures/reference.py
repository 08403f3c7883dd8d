"""The measures again, slowly, one customer at a time, from the domain's definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.engine.measures.measuring import AS_OF

Row = Mapping[str, Any]
Records = Mapping[str, Sequence[Row]]

WORDS = ["very_dissatisfied", "dissatisfied", "just_satisfied", "satisfied", "very_satisfied"]


def expected(customer: Row, records: Records) -> dict[str, Any]:
    """Every measure of one customer; floats are correctly rounded quotients."""
    name = customer["customer_id"]
    own = {
        record: [row for row in rows if row["customer_id"] == name]
        for record, rows in records.items()
    }
    sold = _sales(own["transactions"])
    reached = _reached(customer, own, sold)
    return {
        **sold,
        **reached,
        **_answers(own["surveys"]),
        "open_complaints": _open(own["feedback"]),
    }


def _back(row: Row) -> int:
    return int(
        (AS_OF - (row.get("occurred_at") or row.get("answered_at") or row["changed_at"])).days
    )


def _quotient(above: Fraction, below: Fraction) -> float:
    exact = above / below
    return exact.numerator / exact.denominator


def _sales(rows: Sequence[Row]) -> dict[str, Any]:
    sales = sorted({_back(row) for row in rows if row["amount"] >= 0})
    year = [row for row in rows if _back(row) < 365]
    before = sum((row["amount"] for row in rows if 365 <= _back(row) < 730), Fraction(0))
    monetary = sum((row["amount"] for row in year), Fraction(0))
    bought = [row for row in year if row["amount"] >= 0]
    lacking = any(row["profit"] is None for row in bought)
    profit = None if lacking else sum((row["profit"] or 0 for row in year), Fraction(0))
    gaps, span = len(sales) - 1, Fraction(sales[-1] - sales[0]) if sales else Fraction(0)
    return {
        "recency_days": sales[0] if sales else None,
        "tenure_days": sales[-1] if sales else None,
        "frequency": len(bought),
        "sale_days": len({_back(row) for row in bought}),
        "paid": len([row for row in bought if row["amount"] > 0]),
        "monetary": monetary,
        "basket": _quotient(monetary, Fraction(len(bought))) if bought else None,
        "profit": profit,
        "growth_rate": _quotient(monetary - before, before) if before > 0 else None,
        "margin_rate": _quotient(profit, monetary) if profit is not None and monetary > 0 else None,
        "mean_gap_days": _quotient(span, Fraction(gaps)) if gaps >= 2 else None,
        "silence_ratio": _quotient(Fraction(sales[0] * gaps), span) if gaps >= 2 else None,
    }


def _reached(customer: Row, own: Records, sold: Row) -> dict[str, Any]:
    created = customer["created_at"]
    known = [] if created is None or created > AS_OF else [(AS_OF - created).days]
    contacts = [_back(row) for row in own["contacts"] if row["outcome"] != "missed"]
    changes = [_back(row) for row in own["stage_changes"] if row["by"] == "Lan"]
    first = [sold["tenure_days"]] if sold["tenure_days"] is not None else []
    return {
        "known_days": max([*known, *contacts, *first], default=None),
        "days_since_contact": min(contacts, default=None) if contacts else min(known, default=None),
        "days_since_touch": min([*contacts, *changes] or known, default=None),
        "is_existing": "true" if first or (contacts and max(contacts) > 365) else "false",
    }


def _answers(rows: Sequence[Row]) -> dict[str, Any]:
    answered = [row for row in rows if row["answer"] is not None]
    satisfied = [row for row in answered if row["question"] == "satisfaction" and _back(row) < 365]
    likely = [row for row in answered if row["question"] == "recommend"]
    levels = [_level(row["answer"]) for row in _latest(satisfied)]
    categories = [_category(row["answer"]) for row in _latest(likely)]
    order = ["unlikely", "possible", "very_likely"]
    return {
        "satisfaction": min((level for level in levels if level), default=None),
        "recommend": next((one for one in order if one in categories), None),
    }


def _latest(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if _back(row) == min(map(_back, rows))]


def _level(text: str) -> int | None:
    level = WORDS.index(text) + 1 if text in WORDS else int(text)
    return level if 1 <= level <= 5 else None


def _category(text: str) -> str:
    if not text.isdigit():
        return text
    return "very_likely" if int(text) >= 9 else "possible" if int(text) >= 7 else "unlikely"


def _open(rows: Sequence[Row]) -> int:
    closed = ("resolved", "closed", "closed_case")
    return len([row for row in rows if row["kind"] == "complaint" and row["state"] not in closed])
