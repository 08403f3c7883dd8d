"""What becomes known of one customer: recorded, and classified at once."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.service import audit
from custrata.service.amounts import need_room
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.imports.keys import own_key
from custrata.service.imports.known import known
from custrata.service.registers.questions import need_asked
from custrata.service.registers.stages import choosable
from custrata.service.runs import Transition
from custrata.service.values import instant, money, needed, past, prose, word, wrong
from custrata.store.faults import refuse
from custrata.store.models import Contact, Feedback, StageChange, SurveyAnswer, Transaction

Fact = Contact | Transaction | SurveyAnswer | Feedback
_CALLED = {
    "contacts": "contact",
    "transactions": "transaction",
    "surveys": "answer",
    "feedback": "feedback",
}
"""One of each record."""
LONGEST_WHY, LONGEST_NOTE, LONGEST_ANSWER = 500, 2_000, 2_000
"""Characters of the reason of a stage, of what is noted about a contact, and of an answer."""


def set_stage(
    desk: Desk,
    customer_id: str,
    stage: str,
    why: str | None = None,
    lost_reason: str | None = None,
    lost_to: str | None = None,
) -> tuple[Transition, ...]:
    """A person says where a customer stands; an automatic stage over it is lifted.

    Also where she stands there already: whoever says so has thought of her.

    Args:
        lost_reason, lost_to: of a stage outside of the funnel, why she was lost and to whom; what
            is left out stays as it is known.

    Raises:
        DataError: a value that cannot be; a loss where the stage is in the funnel (`no-loss`).
        StoreError: no such customer or stage, or one that only rules set.
    """
    reason = prose("why", why, LONGEST_WHY)
    lost = {"lost_reason": prose("lost_reason", lost_reason, LONGEST_WHY)}
    lost |= {"lost_to": word("lost_to", lost_to)}
    said = {name: text for name, text in lost.items() if text is not None}
    with touching(desk) as here:
        customer = here.customer(customer_id)
        entry = choosable(here.session, stage)
        chosen = entry.code
        if said and not entry.exit:
            fault = f"nobody is lost in the stage {chosen}"
            raise wrong("no-loss", fault, "a stage outside of the funnel")
        for name, text in said.items():
            setattr(customer, name, text)
        here.session.add(_change(here, customer.customer_id, customer.stage, chosen, "set", reason))
        if customer.overlay is not None:
            lifted = _change(here, customer.customer_id, customer.overlay, chosen, "lift", reason)
            here.session.add(lifted)
        customer.stage, customer.overlay, customer.overlay_by = chosen, None, None
        return here.settle()


class ContactWords(TypedDict, total=False):
    """What may be said of a contact besides its moment.

    Keys:
        contact_id: the host's own; the same one is taken once.
        owner: who it was of us.
    """

    channel: str | None
    direction: str | None
    outcome: str | None
    note: str | None
    contact_id: str | None
    owner: str | None


def record_contact(
    desk: Desk, customer_id: str, occurred_at: datetime, **words: Unpack[ContactWords]
) -> tuple[Transition, ...]:
    """Somebody called, met or wrote to a customer, or she did.

    Args:
        occurred_at: with its zone, and past.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer, or the contact is known (`contact-known`).
    """
    with touching(desk) as here:
        add_contact(here, customer_id, occurred_at, **words)
        return here.settle()


def add_contact(
    here: Touching, customer_id: str, occurred_at: datetime, **words: Unpack[ContactWords]
) -> None:
    """The same in a transaction that writes more, and settles it; see `record_contact`."""
    row = Contact(
        occurred_at=past("occurred_at", occurred_at, here.desk.now()),
        contact_id=word("contact_id", words.get("contact_id")),
        channel=word("channel", words.get("channel")),
        direction=word("direction", words.get("direction")),
        outcome=word("outcome", words.get("outcome")),
        owner=word("owner", words.get("owner")),
        note=prose("note", words.get("note"), LONGEST_NOTE),
    )
    _add(here, customer_id, row, "contacts", row.contact_id)


def record_sale(
    desk: Desk,
    customer_id: str,
    amount: Decimal | int,
    occurred_at: datetime,
    profit: Decimal | int | None = None,
    order_id: str | None = None,
    transaction_id: str | None = None,
    refund_of: str | None = None,
    product: str | None = None,
    currency: str | None = None,
) -> tuple[Transition, ...]:
    """A sale, or with an amount below 0 a refund.

    Args:
        amount: exact, up to 9 decimals.
        occurred_at: with its zone, and past.
        transaction_id: the host's own; the same one is taken once.
        refund_of: the sale, or order, that a refund is of.

    Raises:
        DataError: a value that cannot be, another currency than that of the rules, or an amount
            too fine or too large to be added to the others.
        StoreError: no such customer, or the sale is known (`transaction-known`).
    """
    exact = money(amount, profit)
    with desk.database.read() as session:
        code = _currency(session, currency)
        need_room(session, exact)
    row = Transaction(
        occurred_at=past("occurred_at", occurred_at, desk.now()),
        amount=exact.amount,
        profit=exact.profit,
        scale=exact.scale,
        transaction_id=word("transaction_id", transaction_id),
        order_id=word("order_id", order_id),
        refund_of=word("refund_of", refund_of),
        product=word("product", product),
        currency=code,
    )
    return _record(desk, customer_id, row, "transactions", row.transaction_id)


def record_answer(
    desk: Desk,
    customer_id: str,
    question: str,
    answer: str | int | Decimal,
    answered_at: datetime,
) -> tuple[Transition, ...]:
    """What a customer answered to a question, and who asked.

    Args:
        question: the code of one of the register's, or a host's own such as `satisfaction`.
        answered_at: with its zone, and past.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer, or the question is asked no longer (`question-retired`).
    """
    text = prose("answer", str(answer), LONGEST_ANSWER)
    if text is None:
        raise wrong("text-missing", "answer is empty", "some text")
    row = SurveyAnswer(
        answered_at=past("answered_at", answered_at, desk.now()),
        question=needed("question", question),
        answer=text,
        by=desk.by,
    )
    return _record(desk, customer_id, row, "surveys", None)


def record_feedback(
    desk: Desk,
    customer_id: str,
    kind: str,
    opened_at: datetime,
    state: str = "open",
    text: str | None = None,
    owner: str | None = None,
    due_at: datetime | None = None,
    feedback_id: str | None = None,
) -> tuple[Transition, ...]:
    """A complaint, a suggestion, praise, a return, a ticket.

    Args:
        opened_at: with its zone, and past. due_at: by when it is to be settled, with its zone.
        feedback_id: the host's own; the same one is taken once.
        owner: who is to see to it.

    Raises:
        DataError: a value that cannot be.
        StoreError: no such customer, or the feedback is known (`feedback-known`).
    """
    row = Feedback(
        opened_at=past("opened_at", opened_at, desk.now()),
        kind=needed("kind", kind),
        state=needed("state", state),
        text=prose("text", text),
        owner=word("owner", owner),
        due_at=due_at and instant("due_at", due_at),
        feedback_id=word("feedback_id", feedback_id),
    )
    return _record(desk, customer_id, row, "feedback", row.feedback_id)


def _record(
    desk: Desk, customer_id: str, row: Fact, record: str, own_id: str | None
) -> tuple[Transition, ...]:
    with touching(desk) as here:
        _add(here, customer_id, row, record, own_id)
        return here.settle()


def _add(here: Touching, customer_id: str, row: Fact, record: str, own_id: str | None) -> None:
    row.customer_id = here.customer(customer_id).customer_id
    if isinstance(row, SurveyAnswer):
        need_asked(here.session, row.question)
    row.key = own_key(record, own_id or secrets.token_hex(16))
    row.recorded_at = here.desk.now()
    here.session.add(row)
    _flush(here.session, _CALLED[record])
    if isinstance(row, Contact | Transaction):  # what can be taken back: by whom it came
        about = (f"{_CALLED[record]}.record", "customer", row.customer_id)
        audit.note(here.session, here.desk, *about, number=row.id)


def _flush(session: Session, called: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        fault = f"there is a {called} with this id already"
        raise refuse(f"{called}-known", fault, "each one once") from error


def _change(
    here: Touching, customer_id: str, before: str | None, after: str, how: str, why: str | None
) -> StageChange:
    now = here.desk.now()
    return StageChange(
        customer_id=customer_id,
        changed_at=now,
        from_stage=before,
        to_stage=after,
        by=here.desk.by,
        how=how,
        why=why,
        recorded_at=now,
    )


def _currency(session: Session, given: str | None) -> str | None:
    """The currency of an amount, which cannot be added to those of another one."""
    code = word("currency", given)
    if code is None:
        return None
    only = known(session).currency
    if only is not None and code.upper() != only:
        raise wrong("foreign-currency", f"the amount is in {code.upper()}", only)
    return code.upper()
