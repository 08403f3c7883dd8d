"""Opportunities on the page about a customer, and what is typed of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import flash, request

from custrata.admin import typed
from custrata.admin.here import desk, zone
from custrata.admin.language import _, language, lazy
from custrata.service.customers.opportunities import opportunities
from custrata.service.customers.stepping import record_step
from custrata.service.figures.standing import LOST, OPEN, WON
from custrata.service.registers.staff import names_of_staff
from custrata.service.registers.steps import step_name, steps
from custrata.service.runs import Transition

NEW = "new"
"""In place of an opportunity's id; an empty one is that of the one without."""
STATES: Mapping[str, Any] = {OPEN: lazy("open"), WON: lazy("won"), LOST: lazy("lost")}
TONES: Mapping[str, str] = {OPEN: "info", WON: "good", LOST: "bad"}
GRADES: Mapping[str, Any] = {"high": lazy("high"), "medium": lazy("medium"), "low": lazy("low")}
"""Of intent; other words stand as they are."""


def deals_values(customer_id: str) -> dict[str, Any]:
    """What the tab shows."""
    with desk().database.read() as session:
        found, known = opportunities(session, customer_id), steps(session)
        people = names_of_staff(session)
    named = {one.code: step_name(one, language()) for one in known}
    return {
        "deals": found,
        "deal_words": {"step": named, "state": STATES, "tone": TONES, "intent": GRADES},
        "deal_people": people,
        "deal_new": NEW,
        "outcomes": [("", _("Goes on")), (WON, _("Won")), (LOST, _("Lost"))],
    }


def step_typed(customer_id: str) -> tuple[Transition, ...]:
    """Record the step that was typed; it is told where that opens an opportunity again.

    Raises:
        CustrataError: what was typed cannot be.
    """
    form = request.form
    asked = form.get("opportunity", NEW)
    done = record_step(
        desk(),
        customer_id,
        form.get("step", ""),
        opportunity_id=None if asked == NEW else asked,
        amount=typed.amount(form.get("deal_amount", "")),
        expected_close=_day(form.get("expected_close", "")),
        intent=form.get("intent"),
        value_grade=form.get("value_grade"),
        owner=form.get("owner"),
        outcome=form.get("outcome"),
        changed_at=typed.moment(form.get("at", ""), zone()),
    )
    if done.reopened:
        flash(_("The opportunity had ended; it is open again."), "warning")
    return done.moved


def _day(text: str) -> date | None:
    return typed.day(text) if text.strip() else None
