"""The job that every peer does: its dates, its fixed numbers, its tables as dense lists.

Only data that a person who writes the job by hand would type in as well. The rules file
`rules.yaml` says the same in the format.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path

AS_OF = date(2026, 11, 21)
NEXT_DAY = datetime.combine(AS_OF, datetime.min.time()) + timedelta(days=1)
"""Facts before this moment are read."""
YEAR_AGO = NEXT_DAY - timedelta(days=365)
"""Facts from this moment on lie in the window of 365 days."""

FILES = ("customers", "transactions", "contacts", "surveys", "measures")
RULES = Path(__file__).with_name("rules.yaml")

CLASSIFIERS = ("rfm", "segments", "pareto", "pyramid", "stale_contact", "loyalty")
RECORD_CLASSIFIERS = ("rfm", "pareto", "pyramid", "stale_contact", "loyalty")

RECENT_DAYS = 60
FREQUENT_SALES = 4
HIGH_CENTS = 50_000
STALE_DAYS = 30
PURSUED = ("new", "approached", "potential", "hot")
TOP_FRACTIONS = (0.01, 0.05, 0.20)
TOP_SHARE = 0.80

RFM = (
    "general_retain",
    "important_retain",
    "general_keep",
    "important_keep",
    "general_develop",
    "important_develop",
    "general_value",
    "important_value",
)
"""By 4 · recency + 2 · frequency + monetary, each 1 where high."""

PYRAMID = ("small", "medium", "large", "super")

_SEGMENTS = {
    "champions": "555 554 544 545 454 455 445",
    "loyal_customers": "543 444 435 355 354 345 344 335",
    "potential_loyalists": (
        "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341"
        " 333 323"
    ),
    "new_customers": "512 511 422 421 412 411 311",
    "promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "need_attention": "535 534 443 434 343 334 325 324",
    "about_to_sleep": "331 321 312 221 213 231 241 251",
    "at_risk": (
        "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124"
    ),
    "cant_lose": "155 154 144 214 215 115 114 113",
    "hibernating": "332 322 233 232 223 222 132 123 122 212 211",
    "lost": "111 112 121 131 141 151",
}


def _segments() -> tuple[str, ...]:
    by_score = {score: name for name, scores in _SEGMENTS.items() for score in scores.split()}
    return tuple(by_score[f"{r}{f}{m}"] for r, f, m in product(range(1, 6), repeat=3))


SEGMENTS = _segments()
"""By 25 · r + 5 · f + m, each score counted from 0."""

LOYALTY_RULES: tuple[tuple[set[int] | None, set[int] | None, set[int] | None, str], ...] = (
    ({1, 2}, None, None, "at_risk"),
    ({4, 5}, {3}, {3}, "loyal"),
    ({4, 5}, None, {3}, "supporter"),
    ({3, 0}, {3}, {3}, "supporter"),
    ({5}, {3, 2}, {2, 0}, "supporter"),
    ({5}, {0}, {2}, "supporter"),
    ({4}, {3}, {2, 0}, "supporter"),
    ({4, 5}, {1}, None, "occasional"),
    ({4, 5}, {3, 2}, None, "regular"),
    ({4, 5}, {0}, {2, 1}, "regular"),
    ({3, 0}, {3}, None, "regular"),
    ({3, 0}, {2}, {3, 2}, "regular"),
    ({3}, {2}, {0}, "regular"),
    ({3, 0}, {2}, None, "occasional"),
    ({3, 0}, {1}, {1}, "at_risk"),
    ({3, 0}, {1}, None, "occasional"),
    ({3}, {0}, {3, 2}, "regular"),
    ({3}, {0}, {1}, "occasional"),
)
"""First hit of (satisfaction 1–5, repurchase 1 low–3 high, recommend 1 unlikely–3 very likely).

0 is a missing value, None means anything; no hit is `unknown`.
"""


def _loyalty(given: tuple[int, int, int]) -> str:
    for *cells, label in LOYALTY_RULES:
        if all(cell is None or value in cell for cell, value in zip(cells, given, strict=True)):
            return str(label)
    return "unknown"


LOYALTY = tuple(_loyalty(given) for given in product(range(6), range(4), range(4)))
"""By 16 · satisfaction + 4 · repurchase + recommend, coded as in `LOYALTY_RULES`."""
