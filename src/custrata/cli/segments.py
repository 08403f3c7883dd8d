"""Segments as tables: how many customers, how much revenue."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from custrata.cli.text import _, indent, money, number, percent, table

if TYPE_CHECKING:
    from custrata.engine.what_if import Moved
    from custrata.service.names import Names


def segment_tables(
    sizes: Mapping[str, Mapping[str | None, Moved]], names: Names, customers: int
) -> str:
    """A table for each classifier, the largest segment first."""
    title = _("Segments, with the revenue of the last 365 days:")
    parts = [indent(_table(names, name, one, customers)) for name, one in sizes.items()]
    return "\n\n".join([title, *parts])


def _table(names: Names, classifier: str, sizes: Mapping[str | None, Moved], customers: int) -> str:
    revenue = sum((one.revenue or Decimal() for one in sizes.values()), start=Decimal())
    rows = [
        [
            names.label(classifier, label) if label else "-",
            number(one.customers),
            percent(one.customers, customers),
            money(one.revenue),
            percent(one.revenue or Decimal(), revenue),
        ]
        for label, one in sizes.items()
    ]
    head = [names.classifier(classifier), _("customers"), _("of all"), _("revenue"), _("of all")]
    return table(head, rows)
