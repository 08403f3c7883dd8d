"""The 80/20 rule as it really is: who brings how much, what they take, and how the tail goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask_admin import expose

from custrata.admin import pictures, typed
from custrata.admin.charts import Item
from custrata.admin.here import desk, engine
from custrata.admin.language import NONE, lazy, percent
from custrata.admin.links import to_label
from custrata.admin.page import Page
from custrata.service.figures import Figures, latest
from custrata.service.figures.kept import over_time
from custrata.service.figures.lists import Entry, is_cut, listed
from custrata.service.figures.shares import LONGEST
from custrata.service.settings import settings

_RISING = 25


class Pareto(Page):
    """The few who bring much, and the long tail."""

    title = lazy("80/20")
    address = "pareto"
    icon = "fa-pie-chart"

    @expose("/")
    def index(self) -> str:
        """The curve, effort against revenue, the largest customers, the tail and who rises."""
        after = _place(request.args.get("after", ""))
        with desk().database.read() as session:
            figures = latest(session)
            most = settings(session).largest_share
            largest = [one for _, one in listed(session, "largest")]
            rising = listed(session, "rising", after=after, limit=_RISING)
            cut = is_cut(session, "rising")
            trend = [row for _, row in over_time(session, "tail")]
        following = rising[-1][0] if len(rising) == _RISING else None
        return self.page(
            "panel/pareto/index.html",
            figures=figures,
            largest=[(one, Decimal(one.detail["revenue"])) for one in largest],
            most=most,
            cut=cut,
            longest=LONGEST,
            rising=[_amounts(one) for _, one in rising],
            following=url_for(".index", after=following) + "#rising" if following else "",
            **(_drawn(figures, trend, most) if figures else {}),
        )


def _place(text: str) -> int:
    try:
        return typed.whole(text)
    except ValueError:
        return 0


def _drawn(figures: Figures, trend: Sequence[Any], most: float) -> dict[str, Any]:
    tail = figures.get("tail")
    return {
        "curve": pictures.curve(figures, most),
        "tail": tail,
        "in_force": {one.name for one in engine().ruleset.classifiers},
        "parts_of_revenue": _parts(tail) if tail else [],
        "revenue": Decimal(tail["revenue"]) if tail else None,
        "trend": trend,
        "revenues": [Decimal(row["revenue"]) for row in trend],
    }


def _parts(tail: Mapping[str, Any]) -> list[Item]:
    """The share of revenue of each part beside its share of contacts."""
    brought = [max(Decimal(row["revenue"]), Decimal()) for row in tail["parts"]]
    made = [row["contacts"] or 0 for row in tail["parts"]]
    customers = [row["customers"] for row in tail["parts"]]
    everything, every_contact, everyone = sum(brought), sum(made), sum(customers)
    return [
        Item(
            name=pictures.called().label(tail["classifier"], row["label"]),
            value=float(own / everything) if everything else 0.0,
            shown=percent(own / everything) if everything else NONE,
            link=to_label(tail["classifier"], row["label"]),
            second=contacts / every_contact if every_contact else None,
            second_shown=percent(contacts / every_contact) if every_contact else NONE,
            note=percent(count / everyone),
        )
        for row, own, contacts, count in zip(tail["parts"], brought, made, customers, strict=True)
    ]


def _amounts(one: Entry) -> dict[str, Any]:
    """Who is rising, with exact amounts; what lacks is unknown where there is no head."""
    known = {name: one.detail.get(name) for name in ("earlier", "later", "missing")}
    amounts = {name: None if text is None else Decimal(text) for name, text in known.items()}
    return {"customer_id": one.customer_id, "name": one.name, "owner": one.owner, **amounts}
