"""Sources over time, and which labels their customers have, as charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from custrata.admin.charts import Cell, Item
from custrata.admin.here import engine
from custrata.admin.language import _, compact, lazy, money, month, ngettext, number, percent
from custrata.admin.links import to_customers, to_page
from custrata.admin.pictures import Map, called
from custrata.service.figures import Figures
from custrata.service.figures.source_months import SourceMonth, SourceMonths
from custrata.service.figures.sources import SourceFigures

_Value = Callable[[SourceMonth], float | Decimal | None]

SHOWN: Mapping[str, tuple[Any, _Value]] = {
    "spend_back": (lazy("Revenue per cost"), lambda one: one.spend_back),
    "cost_each": (lazy("Cost per customer won"), lambda one: one.cost_each),
    "cost": (lazy("Cost"), lambda one: one.cost),
    "won": (lazy("Customers won"), lambda one: one.won),
    "revenue": (lazy("Revenue"), lambda one: one.revenue),
}
"""What the months of sources are compared by, as addresses name it."""


def by_month(
    found: Sequence[SourceFigures], months: SourceMonths | None, show: str | None
) -> dict[str, Any]:
    """The map of sources and months, by what is to be shown; None where nothing is known."""
    chosen = show if show is not None and show in SHOWN else next(iter(SHOWN))
    choices = [(name, title) for name, (title, _value) in SHOWN.items()]
    drawn = _months(found, months, chosen) if months else None
    return {"by_month": drawn, "show": chosen, "shows": choices}


def _months(found: Sequence[SourceFigures], months: SourceMonths, chosen: str) -> Map | None:
    value = SHOWN[chosen][1]
    rows = [(one, months.of(one.code)) for one in found]
    told = [(one, row) for one, row in rows if any(value(cell) is not None for cell in row)]
    if not told:
        return None
    return Map(
        [one.name or _("No source") for one, _row in told],
        [month(at) for at in months.months],
        [[_month(one, cell, value(cell), chosen) for cell in row] for one, row in told],
    )


def _month(
    source: SourceFigures, one: SourceMonth, value: float | Decimal | None, chosen: str
) -> Cell | None:
    if value is None:
        return None
    about = _(
        "%(month)s: cost %(cost)s, %(won)s won, revenue %(revenue)s",
        month=month(one.month),
        cost=money(one.cost),
        won=number(one.won),
        revenue=money(one.revenue),
    )
    link = f"{to_page('sources')}{source.code}" if source.code else ""
    return Cell(max(float(value), 0.0), _shown(value, chosen), link, about)


def _shown(value: float | Decimal, chosen: str) -> str:
    if chosen == "spend_back":
        return f"{number(round(float(value), 1))}×"
    if chosen == "won":
        return number(value)
    return compact(value)


def spent_by_month(months: Sequence[SourceMonth]) -> list[Item]:
    """What a source brought beside what it cost, the last month first."""
    return [
        Item(
            name=month(one.month),
            value=float(max(one.revenue, Decimal())),
            shown=money(one.revenue),
            second=None if one.cost is None else float(one.cost),
            second_shown=money(one.cost),
        )
        for one in months[::-1]
    ]


def by_label(figures: Figures, found: Sequence[SourceFigures], of: str | None) -> dict[str, Any]:
    """Which source brings customers of which label of a classifier that is chosen."""
    kept = figures.get("labels_by_source") or {}
    names = [one.name for one in engine().ruleset.classifiers if one.name in kept]
    chosen = of if of in names else next(iter(names), None)
    drawn = _labels(kept[chosen], chosen, found) if chosen else None
    named = [(name, called().classifier(name)) for name in names]
    return {"by_label": drawn, "of": chosen, "classifiers": named}


def _labels(
    kept: Sequence[Sequence[Any]], classifier: str, found: Sequence[SourceFigures]
) -> Map | None:
    counts = {(source, label): (count, revenue) for source, label, count, revenue in kept}
    there = {source for source, _label in counts}
    rows = [one for one in found if one.code in there]
    if not rows:
        return None
    labels = called().ranked(classifier, dict.fromkeys(label for _source, label in counts))
    return Map(
        [one.name or _("No source") for one in rows],
        [called().label(classifier, label) for label in labels],
        [
            [_meeting(one, classifier, label, counts.get((one.code, label))) for label in labels]
            for one in rows
        ],
    )


def _meeting(
    source: SourceFigures, classifier: str, label: str | None, found: tuple[int, Any] | None
) -> Cell | None:
    if found is None:
        return None
    count, revenue = found
    share = count / (source.customers or count)
    about = _(
        "%(customers)s, %(share)s of this source's; revenue %(revenue)s",
        customers=ngettext("%(num)s customer", "%(num)s customers", count),
        share=percent(share),
        revenue=money(None if revenue is None else Decimal(revenue)),
    )
    link = to_customers(source=source.code, label=f"{classifier}:{label or '-'}")
    return Cell(share, number(count), link, about)
