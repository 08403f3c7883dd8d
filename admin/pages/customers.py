"""The list of customers: found by name, filtered by any label, taken out as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask_admin import expose
from werkzeug.wrappers import Response as Answer

from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk
from custrata.admin.language import _, lazy, number
from custrata.admin.links import to_page
from custrata.admin.page import Page
from custrata.admin.pages.customer import values_of
from custrata.admin.pages.showing import Shown
from custrata.engine.diagnostics import DataError
from custrata.service.customers.filters import filters
from custrata.service.customers.listing import (
    MOST,
    Listed,
    Row,
    customers,
    export,
    owners,
    teams,
)
from custrata.service.customers.question import (
    NONE,
    Question,
    asked,
    asks_for,
    query_of,
)
from custrata.service.downloads import ENDINGS, table_file
from custrata.service.registers.groups import names_of_groups
from custrata.service.registers.sources import sources
from custrata.service.registers.stages import stages
from custrata.service.registers.treatments import labels_of

_COLUMNS = 5
"""Classifiers whose labels stand in the list; the page of each customer has them all."""


class Customers(Page):
    """Everyone, and the page about each."""

    title = lazy("Customers")
    address = "customers"
    icon = "fa-users"

    @expose("/")
    def index(self) -> str | Answer | tuple[str, int]:
        """A page of those who are asked for; of htmx's requests, the part that changes."""
        try:
            question = asked(request.args.to_dict(flat=False))
        except DataError as error:
            return self._list(Question(), part=_for_htmx(), faults=said(error)), 422
        if not _for_htmx():
            return self._list(question)
        text = self._list(question, part=True)
        address = address_of(question)
        return Response(text, headers={"HX-Push-Url": address, "Vary": "HX-Request"})

    @expose("/file.<ending>")
    @needs("export")
    def file(self, ending: str) -> Answer:
        """Those who are asked for, as a file for a spreadsheet."""
        question = asked(request.args.to_dict(flat=False))
        chosen = ending if ending in ENDINGS else ENDINGS[0]
        rows, _more = export(desk(), question)
        shown = _shown()
        names = list(shown.classifiers)
        head = [*_head(), *map(shown.classifier, names)]
        content = table_file(head, (_cells(one, shown, names) for one in rows), chosen)
        return attached(content, f"customers.{chosen}")

    @expose("/<path:customer_id>")
    def one(self, customer_id: str) -> str:
        """The page about a customer."""
        return self.page("panel/customers/one.html", **values_of(customer_id))

    def _list(
        self, question: Question, *, part: bool = False, faults: list[str] | None = None
    ) -> str:
        with desk().database.read() as session:
            found = customers(
                session, question, request.args.get("after"), request.args.get("before")
            )
            values: dict[str, Any] = {"kept": filters(session, desk().by)}
            if not part:
                values |= {"owners": owners(session), "teams": teams(session)}
        shown = _shown()
        return self.page(
            f"panel/customers/{'found' if part else 'index'}.html",
            question=question,
            found=found,
            count=_count(found, question),
            shown=shown,
            columns=list(shown.classifiers)[:_COLUMNS],
            chips=_chips(question, shown),
            query=query_of(question),
            most=MOST,
            nothing=NONE,
            address_of=address_of,
            faults=faults or [],
            labels={one.name: labels_of(one) for one in shown.classifiers.values()},
            **values,
        )


def address_of(question: Question) -> str:
    """Where the list shows who is asked for."""
    query = urlencode(query_of(question), doseq=True)
    return f"{to_page('customers')}?{query}" if query else to_page("customers")


def _for_htmx() -> bool:
    """Whether htmx asks for a part; after going back it wants the whole page."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def _shown() -> Shown:
    with desk().database.read() as session:
        return Shown(stages(session), sources(session), names_of_groups(session))


def _count(found: Listed, question: Question) -> str:
    """How many they are, as far as that is known."""
    if found.count is not None and not question.asks:
        return str(_("%(number)s customers at the last run", number=number(found.count)))
    if found.count is not None:
        return str(_("Found: %(number)s", number=number(found.count)))
    if found.more_than is not None:
        return str(_("Found: more than %(number)s", number=number(found.more_than)))
    return str(_("Found: many")) if found.rows and found.after else ""


def _chips(question: Question, shown: Shown) -> list[dict[str, str]]:
    """What is asked for, in words, each with the address that asks for it no more."""
    return [
        {
            "field": field,
            "value": value,
            "text": _told(field, value, shown),
            "without": address_of(question.without(field, value)),
        }
        for field, value in asks_for(question)
    ]


def _told(field: str, value: str, shown: Shown) -> str:
    """One thing that is asked for: `RFM: important value`, `Stage: hot`."""
    none = value == NONE
    if field == "label":
        classifier, _colon, label = value.partition(":")
        named = _("none") if label == NONE else shown.label(classifier, label)
        return str(_("%(field)s: %(value)s", field=shown.classifier(classifier), value=named))
    names = {"stage": shown.stage, "source": shown.source, "group": shown.group}
    named = _("none") if none else names.get(field, str)(value)
    fields = {
        "q": _("Search"),
        "stage": _("Stage"),
        "group": _("Group"),
        "source": _("Source"),
        "owner": _("Salesperson"),
        "team": _("Team"),
    }
    return str(_("%(field)s: %(value)s", field=fields[field], value=named))


def _head() -> list[str]:
    return [
        _("Customer number"),
        _("Name"),
        _("Telephone"),
        _("Stage"),
        _("Source"),
        _("Salesperson"),
        _("Team"),
    ]


def _cells(one: Row, shown: Shown, classifiers: list[str]) -> list[str | None]:
    """A customer as a row of a file; what is not known stays empty."""
    labels = (one.labels.get(name) for name in classifiers)
    named = zip(classifiers, labels, strict=True)
    return [
        one.customer_id,
        one.name,
        one.phone,
        one.stage and shown.stage(one.stage),
        one.source and shown.source(one.source),
        one.owner,
        one.team,
        *(None if label is None else shown.label(name, label) for name, label in named),
    ]
