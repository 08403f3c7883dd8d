"""What is told of imports: records, fields' kinds, steps, why rows are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata.admin.language import _, lazy

RECORDS: Mapping[str, Any] = {
    "customers": lazy("Customers"),
    "transactions": lazy("Sales and refunds"),
    "contacts": lazy("Contacts"),
    "surveys": lazy("Survey answers"),
    "stage_changes": lazy("Changes of stage"),
    "owner_changes": lazy("Changes of owner"),
    "opportunities": lazy("Opportunities"),
    "feedback": lazy("Feedback and complaints"),
    "source_costs": lazy("Costs of sources"),
    "targets": lazy("Sales targets"),
    "visits": lazy("Planned visits"),
}
FIELDS: Mapping[str, Any] = {
    "customer_id": lazy("Customer's number"),
    "name": lazy("Name"),
    "phone": lazy("Phone"),
    "email": lazy("E-mail"),
    "kind": lazy("Kind"),
    "channel": lazy("Channel"),
    "size": lazy("Size"),
    "sector": lazy("Sector"),
    "region": lazy("Region"),
    "area": lazy("Area"),
    "source": lazy("Source"),
    "stage": lazy("Stage"),
    "groups": lazy("Groups"),
    "owner": lazy("Salesperson"),
    "team": lazy("Team"),
    "marketer": lazy("Marketer"),
    "referred_by": lazy("Referred by"),
    "created_at": lazy("Known since"),
    "birth_date": lazy("Birthday"),
    "consent": lazy("Consent"),
    "lost_reason": lazy("Why lost"),
    "lost_to": lazy("Lost to"),
    "occurred_at": lazy("When it was"),
    "amount": lazy("Amount"),
    "transaction_id": lazy("Number of the sale's line"),
    "order_id": lazy("Order number"),
    "refund_of": lazy("Refund of"),
    "profit": lazy("Profit"),
    "product": lazy("Product"),
    "currency": lazy("Currency"),
    "contact_id": lazy("Contact's number"),
    "direction": lazy("Direction"),
    "outcome": lazy("Outcome"),
    "note": lazy("Note"),
    "answered_at": lazy("When it was answered"),
    "question": lazy("Question"),
    "answer": lazy("Answer"),
    "changed_at": lazy("When it changed"),
    "to": lazy("To"),
    "from": lazy("From"),
    "by": lazy("By"),
    "why": lazy("Why"),
    "step": lazy("Step"),
    "opportunity_id": lazy("Opportunity's number"),
    "expected_close": lazy("Expected close"),
    "intent": lazy("Intent"),
    "value_grade": lazy("Value grade"),
    "opened_at": lazy("When it was opened"),
    "state": lazy("State"),
    "feedback_id": lazy("Feedback's number"),
    "due_at": lazy("Due"),
    "text": lazy("Text"),
    "month": lazy("Month"),
    "day": lazy("Day"),
    "matter": lazy("Matter"),
    "purpose": lazy("Purpose"),
}
"""Of all records, by our names for them."""
SURE: Mapping[str, tuple[Any, str]] = {
    "named": (lazy("as you say"), "info"),
    "exact": (lazy("its name"), "good"),
    "known word": (lazy("a known word"), "good"),
    "similar": (lazy("similar: is it right?"), "warn"),
    "own attribute": (lazy("own attribute"), "info"),
    "ignored": (lazy("left out"), "plain"),
}
"""How a column came to its field, and the tone of its badge."""
STEPS: Mapping[str, Any] = {
    "read": lazy("Reading the file"),
    "compare": lazy("Comparing with what is known"),
    "write": lazy("Writing"),
}
_REFUSALS: Mapping[str, Any] = {
    "empty, and needed": lazy("is empty, and is needed"),
    "too long": lazy("is too long"),
    "holds signs that are no text": lazy("holds characters that are no text"),
    "the cell holds an error of the spreadsheet": lazy("holds an error of the spreadsheet"),
    "no date; write it as 2026-11-21, or with a time 2026-11-21 14:30": lazy(
        "is no date; write it as 2026-11-21, or with a time as 2026-11-21 14:30"
    ),
    "there is no such day in the calendar, or no such time of day": lazy(
        "is a day that is in no calendar, or no time of day"
    ),
    "no month; write it as 2026-11": lazy("is no month; write it as 2026-11"),
    "no number; write it as 1250000 or -19.99": lazy("is no number; write it as 1250000 or -19.99"),
    "an amount in another currency; amounts of one currency can be added up alone": lazy(
        "is an amount in another currency, and only amounts of one currency can be added up"
    ),
    "too large to be kept exactly": lazy("is too large to be kept exactly"),
    "neither yes nor no": lazy("is neither yes nor no"),
    "no stage of that name": lazy("is the name of no stage"),
    "set by rules alone, never by hand": lazy("is a stage that rules alone set, never a person"),
    "no name of a source": lazy("is no name of a source"),
    "filled by its rule, not by hand": lazy("is a group that its rule fills, not a person"),
    "several groups bear this name, write the code": lazy(
        "is the name of several groups; write the group's code"
    ),
    "several rows have the same, and differ": lazy("is the same in several rows that differ"),
}
"""By what an import says of a cell."""


def refusal(text: str) -> str:
    """Why rows are refused, in the reader's language: `column: fault`."""
    for fault, words in _REFUSALS.items():
        if text.endswith(": " + fault):
            column = text.removesuffix(": " + fault)
            return str(_("%(column)s %(fault)s", column=column, fault=words))
    return text
