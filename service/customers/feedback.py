"""Complaints, suggestions, praise, returns, tickets: who sees to each, by when, what was done.

None is dropped: none can be deleted, and a complaint is closed by saying what was done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TypedDict, Unpack

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.engine.measures.customers import CLOSED
from custrata.service.audit import note
from custrata.service.customers.record import record_feedback
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.runs import Transition
from custrata.service.values import instant, needed, prose, word, wrong
from custrata.store.faults import refuse
from custrata.store.models import AuditEvent, Customer, Feedback

COMPLAINT = "complaint"
KINDS = (COMPLAINT, "suggestion", "praise", "return", "ticket")
OPEN_STATES = ("open", "in_progress", "waiting")
CLOSED_STATES = ("resolved", "closed_case")
STATES = (*OPEN_STATES, *CLOSED_STATES)
"""States that a person may set; records of a host may have others, which are open ones."""
LONGEST_TEXT, LONGEST_DONE = 5_000, 500
"""Characters of what a customer said, and of what was done about it."""
_TOLD = ("owner", "due_at", "state")
"""What is kept of a change: who sees to it, by when, where it stands; never what was said."""


class FeedbackChanges(TypedDict, total=False):
    """What may be changed of a feedback; what is left out stays as it is."""

    owner: str | None
    due_at: datetime | None
    state: str
    done: str | None


@dataclass(frozen=True)
class Step:
    """Something that was changed of a feedback.

    Attributes:
        what: `owner`, `due_at` or `state`. was, now: as text; None for nothing.
    """

    at: datetime
    by: str
    what: str
    was: str | None
    now: str | None


def is_open(row: Feedback) -> bool:
    """Whether it still needs care."""
    return row.state not in CLOSED


def is_overdue(row: Feedback, now: datetime) -> bool:
    """Whether it needs care that was due before now."""
    return is_open(row) and row.due_at is not None and row.due_at < now


def feedback(session: Session, number: int) -> Feedback:
    """A feedback by its `id`.

    Raises:
        StoreError: there is none (`no-feedback`).
    """
    row = session.get(Feedback, number)
    if row is None:
        raise refuse("no-feedback", f"there is no feedback with the number {number}")
    return row


def mark_of(row: Feedback) -> str:
    """What tells whether a feedback is still as somebody saw it."""
    told = (row.owner, row.due_at and row.due_at.timestamp(), row.state, row.text, row.done)
    return sha256(repr(told).encode()).hexdigest()[:16]


def steps_of(session: Session, row: Feedback) -> list[Step]:
    """What was changed of a feedback here, the latest first."""
    query = select(AuditEvent).where(
        AuditEvent.subject_kind == "customer",
        AuditEvent.subject == row.customer_id,
        AuditEvent.action == "feedback.change",
    )
    events = session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()))
    return [
        Step(one.at, one.by, what, was, now)
        for one in events
        if one.detail and one.detail["number"] == row.id
        for what in _TOLD
        if what in one.detail
        for was, now in [one.detail[what]]
    ]


def report(
    desk: Desk,
    customer_id: str,
    kind: str,
    text: str,
    owner: str | None = None,
    due_at: datetime | None = None,
) -> tuple[Transition, ...]:
    """A customer brought something forward just now; see `record_feedback`.

    Raises:
        DataError: no such kind, no text, or a value that cannot be.
        StoreError: no such customer.
    """
    if kind not in KINDS:
        raise wrong("wrong-choice", f"{kind!r} is no kind of feedback", ", ".join(KINDS))
    said = prose("text", text, LONGEST_TEXT)
    if said is None:
        raise wrong("text-missing", "text is empty", "what the customer said")
    return record_feedback(desk, customer_id, kind, desk.now(), "open", said, owner, due_at)


def change_feedback(
    desk: Desk, number: int, seen: str | None = None, **changes: Unpack[FeedbackChanges]
) -> tuple[Transition, ...]:
    """Give a feedback to somebody, say by when it is due, bring it on, open it again.

    What was done is written below what the customer said, with day and person.

    Args:
        seen: the `mark_of` what its changer saw; None does not ask.
        changes: `done` says what was done; whoever closes a complaint must.

    Raises:
        DataError: a value that cannot be, or a complaint is closed in silence
            (`feedback-done`).
        StoreError: no such feedback, or somebody changed it meanwhile.
    """
    with touching(desk) as here:
        row = feedback(here.session, number)
        if seen is not None and seen != mark_of(row):
            raise refuse("changed-meanwhile", f"feedback {number} was changed meanwhile")
        here.customer(row.customer_id)
        before = _told(row)
        _apply(row, changes, desk)
        told = _told(row)
        moved = {name: [was, told[name]] for name, was in before.items() if was != told[name]}
        if moved:
            write_down(here.session, desk, row, moved)
        return here.settle()


def take_feedback(desk: Desk, number: int) -> tuple[Transition, ...]:
    """See to a feedback oneself that nobody sees to.

    Raises:
        StoreError: no such feedback, or somebody sees to it by now (`changed-meanwhile`).
    """
    with desk.database.read() as session:
        row = feedback(session, number)
    if row.owner not in (None, desk.by):
        raise refuse("changed-meanwhile", f"somebody sees to feedback {number} already")
    return change_feedback(desk, number, mark_of(row), owner=desk.by)


def write_down(
    session: Session, desk: Desk, row: Feedback, moved: Mapping[str, Sequence[str | None]]
) -> None:
    """Keep what was changed of a feedback: by name, what it was and what it is."""
    who = row.customer_id
    note(session, desk, "feedback.change", "customer", who, number=row.id, **moved)


def hand_along(here: Touching, owner: str) -> int:
    """Open feedback goes with touched customers who are about to get another owner.

    Only what their owner of now sees to; what somebody else does, or nobody, stays there.
    """
    theirs = select(Feedback).join(Customer, Customer.customer_id == Feedback.customer_id)
    own = theirs.where(here.touched, Feedback.owner == Customer.owner)
    rows = here.session.scalars(own.where(Feedback.state.not_in(CLOSED))).all()
    for row in rows:
        write_down(here.session, here.desk, row, {"owner": [row.owner, owner]})
        row.owner = owner
    here.session.flush()
    return len(rows)


def _apply(row: Feedback, changes: FeedbackChanges, desk: Desk) -> None:
    if "owner" in changes:
        row.owner = word("owner", changes["owner"])
    if "due_at" in changes:
        due = changes["due_at"]
        row.due_at = None if due is None else instant("due_at", due)
    done = prose("done", changes.get("done"), LONGEST_DONE)
    state = needed("state", changes.get("state", row.state))
    if state != row.state:
        _bring_on(row, state, done)
    if done is not None:
        added = f"[{desk.now():%Y-%m-%d} {desk.by}] {done}"
        row.done = f"{row.done}\n\n{added}" if row.done else added


def _bring_on(row: Feedback, state: str, done: str | None) -> None:
    if state not in STATES:
        raise wrong("feedback-state", f"{state!r} is no state of feedback", ", ".join(STATES))
    closes = is_open(row) and state in CLOSED_STATES
    if closes and row.kind == COMPLAINT and done is None:
        fault = "a complaint cannot be closed without saying what was done"
        raise wrong("feedback-done", fault, "a few words")
    row.state = state


def _told(row: Feedback) -> dict[str, str | None]:
    due = None if row.due_at is None else row.due_at.isoformat()
    return dict(zip(_TOLD, (row.owner, due, row.state), strict=True))
