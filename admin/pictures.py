"""Figures of a run as charts, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask import url_for

from custrata.admin.charts import Cell, Item
from custrata.admin.flows import Flow
from custrata.admin.here import engine
from custrata.admin.language import _, language, money, ngettext, number, percent
from custrata.admin.links import to_customers, to_label
from custrata.admin.pages.naming import Called
from custrata.service.figures import Figures
from custrata.service.figures.concentration import MOST
from custrata.service.figures.reminders import by_rank
from custrata.service.figures.sources import SourceFigures
from custrata.service.registers.stages import stage_name
from custrata.store.models import Run, Stage

_FLOWS = 8
"""So many flows are drawn one by one; the others are summed up."""


def called() -> Called:
    """Names of the rules in force."""
    return Called([engine()])


def sizes(figures: Figures, classifier: str) -> list[Item]:
    """Customers and revenue of each segment, the best label first."""
    rows = (figures.get("sizes") or {}).get(classifier, ())
    everyone = sum(row["customers"] for row in rows)
    return [
        Item(
            name=called().label(classifier, row["label"]),
            value=row["customers"],
            shown=number(row["customers"]),
            link=to_label(classifier, row["label"]),
            second=_float(row["revenue"]),
            second_shown=money(_decimal(row["revenue"])),
            note=percent(row["customers"] / everyone) if everyone else "",
        )
        for row in sorted(rows, key=lambda row: _rank(classifier, row["label"]))
    ]


def _rank(classifier: str, label: str | None) -> tuple[int, str]:
    known = {one.name: one for one in engine().ruleset.classifiers}
    order = by_rank(known[classifier]) if classifier in known else []
    return (order.index(label) if label in order else len(order), label or "")


@dataclass(frozen=True)
class Map:
    """A heat map; see the macro `heat_map`."""

    rows: list[str]
    columns: list[str]
    cells: list[list[Cell | None]]


def rfm(figures: Figures, link: Any) -> Map | None:
    """The map of recency (the latest buyers first) and frequency.

    Args:
        link: the address of a cell, of the numbers of its parts.
    """
    found = figures.get("rfm")
    if not found:
        return None
    known = {(row["recency"], row["frequency"]): row for row in found["cells"]}
    rows, columns = range(len(found["recency"])), range(len(found["frequency"]))
    return Map(
        [_days(*ends) for ends in found["recency"]],
        [_sales(*ends) for ends in found["frequency"]],
        [[_cell(known.get((r, f)), link) for f in columns] for r in rows],
    )


def cell_name(found: Mapping[str, Any], recency: int, frequency: int) -> str:
    """What a cell of the map is called."""
    days, sales = _days(*found["recency"][recency]), _sales(*found["frequency"][frequency])
    return str(_("Last sale %(days)s ago, %(sales)s", days=days, sales=sales))


def _cell(row: Mapping[str, Any] | None, link: Any) -> Cell | None:
    if row is None:
        return None
    count, revenue = row["customers"], _decimal(row["revenue"])
    about = ngettext("%(num)s customer", "%(num)s customers", count)
    about = _("%(customers)s, revenue %(revenue)s", customers=about, revenue=money(revenue))
    return Cell(count, number(count), link(row["recency"], row["frequency"]), about)


def _days(least: float, greatest: float) -> str:
    if least == greatest:
        return str(ngettext("%(num)s day", "%(num)s days", int(greatest)))
    return str(_("%(least)s–%(greatest)s days", least=number(least), greatest=number(greatest)))


def _sales(least: float, greatest: float) -> str:
    if least == greatest:
        return str(ngettext("%(num)s sale", "%(num)s sales", int(greatest)))
    return str(_("%(least)s–%(greatest)s sales", least=number(least), greatest=number(greatest)))


def funnel(figures: Figures, stages: Sequence[Stage]) -> list[Item]:
    """The stages of the funnel: who came so far or further, and who stands there now."""
    inside = [one for one in stages if not one.exit and not one.automatic]
    own = _by_stage(figures, "own_stages")
    so_far = [sum(own.get(one.code, 0) for one in inside[place:]) for place in range(len(inside))]
    shown = _by_stage(figures, "stages")
    return [
        replace(_stage(one, shown), value=reached, note=number(reached))
        for one, reached in zip(inside, so_far, strict=True)
    ]


def beside_funnel(figures: Figures, stages: Sequence[Stage]) -> list[Item]:
    """Exits, what rules laid over a stage, and customers without one."""
    shown, known = _by_stage(figures, "stages"), {one.code for one in stages}
    items = [_stage(one, shown) for one in stages if one.exit or one.automatic]
    return [*items, *(_other(code, shown) for code in shown if code not in known)]


def _by_stage(figures: Figures, name: str) -> dict[str | None, int]:
    return {row["stage"]: row["customers"] for row in figures.get(name) or ()}


def _stage(stage: Stage, shown: Mapping[str | None, int]) -> Item:
    found = _other(stage.code, shown)
    return replace(found, name=stage_name(stage, language()), colour=stage.colour)


def _other(code: str | None, shown: Mapping[str | None, int]) -> Item:
    count = shown.get(code, 0)
    return Item(
        name=code or _("No stage"),
        value=count,
        shown=number(count),
        link=to_customers(stage=code),
        note=percent(count / (sum(shown.values()) or 1)),
    )


def flows(run: Run, classifier: str) -> list[Flow]:
    """From which label to which customers moved in a run, the largest first."""
    sums: dict[tuple[str | None, str | None], int] = {}
    for name, was, label, why, customers in (run.counts or {}).get("flows", ()):
        if name == classifier and why != "first":
            sums[was, label] = sums.get((was, label), 0) + customers
    ordered = sorted(sums.items(), key=lambda pair: -pair[1])
    return [_flow(run.id, classifier, *pair, count) for pair, count in ordered]


def largest(found: Sequence[Flow]) -> list[Flow]:
    """The flows that are drawn."""
    return list(found[:_FLOWS])


def _flow(run: int, classifier: str, was: str | None, label: str | None, count: int) -> Flow:
    start, end = called().label(classifier, was), called().label(classifier, label)
    about = _("%(count)s from %(start)s to %(end)s", count=number(count), start=start, end=end)
    link = url_for("runs.moved", number=run, classifier=classifier, was=was, label=label)
    return Flow(start, end, count, number(count), link, about)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _float(text: str | None) -> float | None:
    return None if text is None else float(text)


@dataclass(frozen=True)
class Curve:
    """The Pareto curve with what it tells.

    Attributes:
        marks: see the macro `curve`. tells: sentences.
        alarm: a sentence where one customer brings too much; else empty.
    """

    points: list[list[float]]
    marks: list[tuple[float, float, str]]
    tells: list[str]
    alarm: str


def curve(figures: Figures, largest_share: float) -> Curve | None:
    """How few customers bring how much; None where nobody brings anything."""
    found = figures.get("pareto")
    if not found:
        return None
    heads = found["most"] / found["customers"]
    share = percent(heads)
    mark = (heads, _height(found["points"], heads), _("%(share)s of customers", share=share))
    return Curve(found["points"], [mark], _tells(found, share), _alarm(found, largest_share))


def _tells(found: Mapping[str, Any], share: str) -> list[str]:
    told = [
        _(
            "%(count)s customers (%(share)s) bring %(most)s of revenue.",
            count=number(found["most"]),
            share=share,
            most=percent(MOST, 0),
        ),
        _("The largest fifth of customers brings %(share)s.", share=percent(found["fifth"])),
    ]
    if found["contacts"] is not None:
        told.append(_("They got %(share)s of all contacts.", share=percent(found["contacts"])))
    told.append(_("The largest customer brings %(share)s.", share=percent(found["largest"])))
    return told


def _alarm(found: Mapping[str, Any], most: float) -> str:
    if found["largest"] < most:
        return ""
    told = _(
        "One customer alone brings %(share)s of revenue; your alarm is at %(most)s.",
        share=percent(found["largest"]),
        most=percent(most),
    )
    return str(told)


def _height(points: Sequence[Sequence[float]], share: float) -> float:
    """Where the curve is above a share of customers."""
    for (left, low), (right, high) in pairwise(points):
        if left <= share <= right:
            return low + (high - low) * (share - left) / ((right - left) or 1)
    return 1.0


def spent(found: Sequence[SourceFigures]) -> list[Item]:
    """What each source brought beside what it cost."""
    return [
        Item(
            name=_source(one),
            value=float(max(one.revenue or 0, 0)),
            shown=money(one.revenue),
            link=to_customers(source=one.code),
            second=None if one.cost is None else float(one.cost),
            second_shown=money(one.cost),
        )
        for one in found
    ]


def _source(one: SourceFigures) -> str:
    return one.name or _("No source")


def by_stage(
    figures: Figures, found: Sequence[SourceFigures], stages: Sequence[Stage]
) -> Map | None:
    """How far each source's customers got: sources by the stage that shows."""
    counts = {
        (row["source"], row["stage"]): row["customers"]
        for row in figures.get("source_stages") or ()
    }
    if not counts:
        return None
    there = {stage for _source, stage in counts}
    columns = [one for one in stages if one.code in there]
    named: dict[str | None, str] = {one.code: stage_name(one, language()) for one in columns}
    named |= {stage: stage or _("No stage") for stage in there if stage not in named}
    rows = [one for one in found if one.customers]
    cells = [[_meeting(one, stage, counts) for stage in named] for one in rows]
    return Map([_source(one) for one in rows], list(named.values()), cells)


def _meeting(
    source: SourceFigures, stage: str | None, counts: Mapping[tuple[Any, Any], int]
) -> Cell | None:
    count = counts.get((source.code, stage))
    if not count:
        return None
    link = to_customers(source=source.code, stage=stage)
    about = _("%(share)s of this source's customers", share=percent(count / source.customers))
    return Cell(count, number(count), link, about)
