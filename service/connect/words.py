"""Counts in what is told."""

from __future__ import annotations


def many(count: int, one: str, more: str) -> str:
    """`1 row names`, `2,000 rows name`."""
    return f"{count:,} {one if count == 1 else more}"
