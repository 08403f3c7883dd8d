"""Segments as tables: how many customers, how much revenue."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from custrata.cli.called import Called
from custrata.cli.text import _, indent, money, number, percent, table, wrapped

if TYPE_CHECKING:
    from custrata.engine.what_if import Moved
    from custrata.service.names import Names


def segment_tables(
    sizes: Mapping[str, Mapping[str | None, Moved]], names: Names, customers: int
) -> str:
    """A table for each classifier that tells customers apart, the largest segment first."""
    title = _("Segments, with the revenue of the last 365 days:")
    called = Called(names, frozenset(sizes))
    apart = telling_apart(sizes)
    parts = [indent(_table(called, name, sizes[name], customers)) for name in apart]
    alike = [
        f"{called.classifier(name)} ({called.label(name, label)})"
        for name, one in sizes.items()
        if name not in apart
        for label in one
    ]
    rest = _("everybody has the same label by: {systems}").format(systems=", ".join(alike))
    return "\n\n".join([title, *parts, *([indent(wrapped(rest))] if alike else [])])


def telling_apart(sizes: Mapping[str, Mapping[str | None, Moved]]) -> list[str]:
    """The classifiers that give more than one label."""
    return [name for name, one in sizes.items() if len(one) > 1]


def _table(
    names: Called, classifier: str, sizes: Mapping[str | None, Moved], customers: int
) -> str:
    revenue = sum((one.revenue or Decimal() for one in sizes.values()), start=Decimal())
    rows = [
        [
            names.label(classifier, label),
            number(one.customers),
            percent(one.customers, customers),
            money(one.revenue),
            percent(one.revenue or Decimal(), revenue),
        ]
        for label, one in sizes.items()
    ]
    head = [names.classifier(classifier), _("customers"), _("of all"), _("revenue"), _("of all")]
    return table(head, rows)
