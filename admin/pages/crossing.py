"""Across systems: any two classifications against each other, and what does not go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import request
from flask_admin import expose

from custrata.admin import here, pictures
from custrata.admin.charts import Cell
from custrata.admin.here import desk, engine
from custrata.admin.language import _, compact, lazy, money, ngettext, number
from custrata.admin.links import to_label, to_labels
from custrata.admin.page import Page
from custrata.engine.values import spelling
from custrata.service.customers.profile import each_label
from custrata.service.figures import Figures, latest
from custrata.service.figures.crossed import cells_of

_CONTRADICTIONS = "contradictions"
_REVENUE = "revenue"


class Crossing(Page):
    """Two classifications as a matrix; and the contradictions between all of them."""

    title = lazy("Across systems")
    address = "crossing"
    icon = "fa-th"

    @expose("/")
    def index(self) -> str:
        """The matrix of two classifiers that are chosen; each cell leads to its customers."""
        with desk().database.read() as session:
            figures = latest(session)
        return self.page(
            "panel/crossing/index.html",
            figures=figures,
            called=pictures.called(),
            by_revenue=request.args.get("by") == _REVENUE,
            **(_drawn(figures) if figures else {}),
        )


def _drawn(figures: Figures) -> dict[str, Any]:
    names = _names(figures)
    first = _chosen("of", names, 0)
    second = _chosen("against", [one for one in names if one != first], 0)
    return {
        "names": names,
        "first": first,
        "second": second,
        "matrix": _matrix(figures, first, second) if first and second else None,
        **_contradictions(figures),
    }


def _names(figures: Figures) -> list[str]:
    """Classifiers of the rules in force that the run set against others, in the rules' order."""
    pairs = figures.get("crossed") or ()
    there = {one[side] for one in pairs for side in ("first", "second")}
    return [one.name for one in engine().ruleset.classifiers if one.name in there]


def _chosen(field: str, names: Sequence[str], place: int) -> str | None:
    chosen = request.args.get(field)
    if chosen in names:
        return chosen
    return names[place] if len(names) > place else None


def _matrix(figures: Figures, first: str, second: str) -> pictures.Map | None:
    """Rows are the labels of the first classifier, columns those of the second."""
    found = {(a, b): row for a, b, *row in cells_of(figures.get("crossed"), first, second)}
    if not found:
        return None
    called = pictures.called()
    rows = called.ranked(first, dict.fromkeys(one for one, _ in found))
    columns = called.ranked(second, dict.fromkeys(one for _, one in found))
    return pictures.Map(
        [called.label(first, one) for one in rows],
        [called.label(second, one) for one in columns],
        [[_cell(found.get((a, b)), {first: a, second: b}) for b in columns] for a in rows],
    )


def _cell(row: Sequence[Any] | None, labels: Mapping[str, str | None]) -> Cell | None:
    if row is None:
        return None
    count, revenue = row[0], None if row[1] is None else Decimal(row[1])
    people = ngettext("%(num)s customer", "%(num)s customers", count)
    about = _("%(customers)s, revenue %(revenue)s", customers=people, revenue=money(revenue))
    if request.args.get("by") == _REVENUE:
        return Cell(float(max(revenue or 0, 0)), compact(revenue), to_labels(labels), about)
    return Cell(count, number(count), to_labels(labels), about)


def _contradictions(figures: Figures) -> dict[str, Any]:
    """Each contradiction with its customers and what is to be done; None without that table."""
    rules = engine().ruleset.classifiers
    table = next((one for one in rules if one.plugin == _CONTRADICTIONS), None)
    if table is None:
        return {"contradictions": None}
    counts: dict[str, int] = {}
    for row in (figures.get("sizes") or {}).get(table.name, ()):
        for label in each_label(row["label"]):
            counts[label] = counts.get(label, 0) + row["customers"]
    called = here.names()
    notes = {
        spelling(rule.label): called.noted(table.name, rule.note or "") for rule in table.rules
    }
    ranked = pictures.called().ranked(table.name, [*notes, *(set(counts) - set(notes))])
    return {
        "contradictions": [
            {
                "name": pictures.called().label(table.name, label),
                "count": counts.get(label, 0),
                "link": to_label(table.name, label),
                "note": notes.get(label, ""),
            }
            for label in ranked
            if label is not None
        ]
    }
