"""What becomes known of one customer, who is classified at once."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from custrata.api.fields import Strict, Text
from custrata.api.here import desk, store
from custrata.api.operations import Operations
from custrata.api.schemas.common import Recorded
from custrata.api.schemas.records import changes, single
from custrata.service.customers import record
from custrata.service.customers.facts import CORRECTED, correct_fact, delete_fact, number_of
from custrata.service.customers.stepping import record_step

facts = Operations("facts", __name__, description="What becomes known of one customer.")
_AT = "/customers/<customer_id>"
_CONTACT = single("contacts", note=record.LONGEST_NOTE)
_ANSWER = single("surveys", answer=record.LONGEST_ANSWER)


class CustomerStageIn(Strict):
    """Where she stands, and why."""

    stage = Text(required=True, validate=validate.Length(1, 255))
    why = Text(allow_none=True, validate=validate.Length(max=record.LONGEST_WHY))


class StepOut(Recorded):
    """The opportunity, and whether it had ended and is open again."""

    opportunity_id = fields.String(required=True, allow_none=True)
    reopened = fields.Boolean(required=True)


def _recording(answer: Any = Recorded, **more: Any) -> dict[str, Any]:
    return {"answer": answer, "status": 201, "once": True, **more}


@facts.operation("POST", f"{_AT}/contacts", "record", **_recording(body=_CONTACT))
def record_contact(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Record that somebody called, met or wrote to her, or she did."""
    return {"moved": record.record_contact(desk(), customer_id, **body)}


@facts.operation("POST", f"{_AT}/transactions", "record", **_recording(body=single("transactions")))
def record_transaction(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Record a sale, or with an amount below 0 a refund."""
    return {"moved": record.record_sale(desk(), customer_id, **body)}


@facts.operation("POST", f"{_AT}/surveys", "record", **_recording(body=_ANSWER))
def record_answer(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Record what she answered to a question."""
    return {"moved": record.record_answer(desk(), customer_id, **body)}


@facts.operation(
    "POST", f"{_AT}/feedback", "record", **_recording(body=single("feedback", may=("state",)))
)
def record_feedback(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Record a complaint, a suggestion, praise, a return, a ticket."""
    return {"moved": record.record_feedback(desk(), customer_id, **body)}


@facts.operation(
    "POST",
    f"{_AT}/opportunities",
    "record",
    **_recording(StepOut, body=single("opportunities", may=("changed_at",))),
)
def record_opportunity(body: dict[str, Any], customer_id: str) -> Any:
    """Have an opportunity come up, go on, be won or lost.

    Without an id a new one comes up, and gets one.
    """
    return record_step(desk(), customer_id, **body)


@facts.operation("PUT", f"{_AT}/stage", "record", Recorded, body=CustomerStageIn)
def set_stage(body: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Say where she stands; a stage that a rule laid over it is lifted."""
    return {"moved": record.set_stage(desk(), customer_id, **body)}


def _corrections(kind: str, record_: str) -> None:
    """The operations that correct one fact, or take it out, by the id that the host gave it."""

    def number(own_id: str) -> int:
        with store().database.read() as session:
            return number_of(session, kind, own_id)

    def correct(body: dict[str, Any], own_id: str) -> dict[str, Any]:
        return {"moved": correct_fact(desk(), kind, number(own_id), **body)}

    def delete(own_id: str) -> dict[str, Any]:
        return {"moved": delete_fact(desk(), kind, number(own_id))}

    correct.__name__, delete.__name__ = f"correct_{kind}", f"delete_{kind}"
    correct.__doc__ = f"""Say what a {kind} was in truth, by its own id.

        What is left out stays; its customer is classified at once.
        """
    delete.__doc__ = f"""Take out a {kind} that never was, or was cancelled, by its own id.

        Its customer is classified at once.
        """
    at = f"/{record_}/<own_id>"
    body = changes(record_, CORRECTED[kind], note=record.LONGEST_NOTE)
    facts.operation("PATCH", at, "record", Recorded, body=body)(correct)
    facts.operation("DELETE", at, "record", Recorded)(delete)


_corrections("transaction", "transactions")
_corrections("contact", "contacts")
