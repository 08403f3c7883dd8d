"""What the page about a customer shows of questions, answers and feedback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from custrata.admin.here import desk
from custrata.admin.language import language
from custrata.admin.pages.customer_words import KINDS
from custrata.admin.pages.feedback import local
from custrata.admin.pages.questions import phase_name
from custrata.admin.pages.showing import Shown
from custrata.service.customers import feedback
from custrata.service.customers.asking import asking
from custrata.service.customers.listing import owners
from custrata.service.customers.record import LONGEST_ANSWER
from custrata.service.registers.questions import question_name, questions

_SETTLED_IN = timedelta(days=3)
"""By when new feedback is to be settled, where nobody says otherwise."""


def asking_values(customer_id: str) -> dict[str, Any]:
    """What to ask next, how questions are asked, and what new feedback begins with."""
    with desk().database.read() as session:
        found, people = asking(session, customer_id), owners(session)
        known = {one.code: one for one in questions(session)}
    names = {code: question_name(one, language()) for code, one in known.items()}
    now = desk().now()
    return {
        "asking": found,
        "phase": phase_name(found.phase) if found.phase else "",
        "question": _named(names),
        "retired": {code for code, one in known.items() if one.retired_at is not None},
        "longest_answer": LONGEST_ANSWER,
        "kinds": [(one, KINDS[one]) for one in feedback.KINDS],
        "longest_said": feedback.LONGEST_TEXT,
        "due_in": local(now + _SETTLED_IN),
        "people": people,
        "is_overdue": lambda row: feedback.is_overdue(row, now),
    }


def _named(names: dict[str, str]) -> Callable[[str], str]:
    """How a question is asked; one of a host's own is called like the measure that reads it."""
    shown = Shown()
    return lambda code: names.get(code) or shown.measure(code)
