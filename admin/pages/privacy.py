"""What somebody does whom customers ask about their data: handed out, erased, with a receipt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import access, typed
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, store
from custrata.admin.language import _, lazy
from custrata.admin.links import to_customer
from custrata.admin.page import Answer, Page
from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.consent import consent_recorded
from custrata.service.customers.erase import Erased, erase, receipt_of, receipts
from custrata.service.customers.export import customer_file
from custrata.service.customers.touched import need_customer
from custrata.store.models import Customer

_PAGE = 50
RECORDS: Mapping[str, Any] = {
    "customers": lazy("Master data"),
    "customer_words": lazy("Words of the name, for searching"),
    "memberships": lazy("Memberships in groups"),
    "contacts": lazy("Contacts"),
    "transactions": lazy("Purchases"),
    "opportunities": lazy("Opportunities"),
    "visits": lazy("Visits"),
    "survey_answers": lazy("Answers"),
    "feedback": lazy("Feedback"),
    "stage_changes": lazy("Changes of stage"),
    "owner_changes": lazy("Changes of owner"),
    "label_now": lazy("Labels of today"),
    "label_history": lazy("Earlier labels, with reasons"),
    "run_chunks": lazy("Parts of past runs that were written again"),
    "listed": lazy("Places in lists"),
    "reminded": lazy("Reminders done or put off"),
    "outbox": lazy("Messages on their way"),
    "jobs": lazy("Jobs that went or were changed"),
    "uploads": lazy("Files that were sent to the panel"),
    "customers.referred_by": lazy("Others who were referred, and stay"),
    "audit_events": lazy("Audit events that stay, without the number"),
}
"""What a receipt counts, in the order in which it is shown."""


def privacy_values(session: Any, known: Customer) -> dict[str, Any]:
    """What the page about a customer shows to who hands out and erases."""
    asked = access.may("erase") or access.may("export")
    return {"consent_event": consent_recorded(session, known) if asked else None}


class Privacy(Page):
    """Receipts of those who were erased; erasing; all that is known about one customer."""

    title = lazy("Erasures")
    address = "privacy"
    icon = "fa-eraser"
    section = "system"
    needs = "erase"

    @expose("/")
    def index(self) -> str:
        """The receipts, the latest first."""
        before = request.args.get("before", type=typed.whole)
        with store().database.read() as session:
            found = receipts(session, before, _PAGE + 1)
        older = url_for(".index", before=found[_PAGE - 1].number) if len(found) > _PAGE else ""
        return self.page(
            "panel/privacy/index.html",
            receipts=found[:_PAGE],
            first=url_for(".index") if before is not None else "",
            older=older,
        )

    @expose("/<int:number>")
    def receipt(self, number: int) -> str:
        """One receipt, to be kept."""
        with store().database.read() as session:
            found = receipt_of(session, number)
        return self.page("panel/privacy/receipt.html", receipt=found, counts=list(_counts(found)))

    @expose("/known.json")
    @access.needs("export")
    def known(self) -> Response:
        """All that is known about one customer, as the command line hands it out."""
        who = request.args.get("customer", "")
        plain = re.sub(r"[^A-Za-z0-9.-]+", "_", who.strip())  # headers hold no other letters
        return attached(customer_file(desk(), who), f"customer-{plain}.json")

    @expose("/erase", methods=("GET", "POST"))
    @access.needs("erase")
    def erase(self) -> Answer:
        """A look asks; a POST with the customer's number typed once more does it."""
        with store().database.read() as session:
            known = need_customer(session, request.values.get("customer", ""))
        if request.method != "POST":
            return self._ask(known, [])
        if request.form.get("typed", "").strip() != known.customer_id:
            fault = _("What you typed is not this customer's number. Nothing was erased.")
            return self._ask(known, [fault]), 422
        try:
            done = erase(desk(), known.customer_id)
        except CustrataError as error:
            return self._ask(known, said(error)), 409
        flash(_("The customer was erased. Keep this receipt."), "success")
        return redirect(url_for(".receipt", number=done.number))

    def _ask(self, known: Customer, faults: list[str]) -> str:
        back = to_customer(known.customer_id)
        return self.page("panel/privacy/erase.html", known=known, faults=faults, back=back)


def _counts(found: Erased) -> Iterator[tuple[str, int]]:
    """What the receipt counts, in words; a table that has none is called as it is."""
    for name in sorted(found.counts, key=[*RECORDS, *found.counts].index):
        yield str(RECORDS.get(name, name)), found.counts[name]
