"""Putting the entries of a list into another order, one place at a time."""

from __future__ import annotations


def moved(order: list[str], code: str, way: str) -> list[str]:
    """The order with one of them a place further up or down; the ends stay where they are."""
    if code not in order:
        return [*order, code]
    place = order.index(code)
    other = place + (-1 if way == "up" else 1)
    if 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    return order
