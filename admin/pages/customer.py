"""What can be asked of one customer, and done for her."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.here import desk, zone
from custrata.admin.language import _, language, lazy, number
from custrata.admin.links import to_customer, to_page
from custrata.admin.page import Page
from custrata.admin.pages.customer_asking import asking_values
from custrata.admin.pages.customer_deals import deals_values, step_typed
from custrata.admin.pages.customer_master import (
    added,
    consent_of,
    corrected,
    master_values,
    new_values,
)
from custrata.admin.pages.customer_words import (
    CHANNEL_WORDS,
    CHANNELS,
    DIRECTIONS,
    FIELDS,
    KINDS,
    LOST,
    NAMES,
    OUTCOME_WORDS,
    OUTCOMES,
    STATES,
    VISIT_STATES,
    event_words,
    lost_reason,
)
from custrata.admin.pages.feedback import due_typed
from custrata.admin.pages.privacy import privacy_values
from custrata.admin.pages.showing import Shown
from custrata.admin.tongue import Reader
from custrata.engine.diagnostics import CustrataError
from custrata.engine.values import exactly
from custrata.service.customers.asking import answer_question
from custrata.service.customers.consent import is_left_out, set_consent
from custrata.service.customers.facts import delete_fact, fact, recorded_by
from custrata.service.customers.feedback import report
from custrata.service.customers.master import take_customer
from custrata.service.customers.profile import LATEST, profile
from custrata.service.customers.record import (
    LONGEST_NOTE,
    LONGEST_WHY,
    record_contact,
    record_sale,
    set_stage,
)
from custrata.service.customers.ties import ties
from custrata.service.customers.why import ahead, why
from custrata.service.registers.groups import names_of_groups
from custrata.service.registers.members import put_in, take_out
from custrata.service.registers.sources import sources
from custrata.service.registers.stages import stages
from custrata.service.runs import Transition
from custrata.service.sales.visits import visits_to
from custrata.service.values import wrong
from custrata.store.faults import StoreError
from custrata.store.models import Transaction

TABS = ("why", "time", "sales", "contacts", "answers", "feedback", "deals", "data")
_TAB_OF = {"transaction": "sales", "contact": "contacts"}


def values_of(customer_id: str) -> dict[str, Any]:
    """What the page about a customer shows."""
    with desk().database.read() as session:
        found = profile(session, customer_id)
        shown = Shown(stages(session), sources(session), names_of_groups(session))
        by_hand = names_of_groups(session, by_hand=True)
        by = recorded_by(session, customer_id)
        tied = ties(session, customer_id)
        visited = visits_to(session, customer_id)
        left_out = is_left_out(session, found.known)
        master = master_values(session, found.known)
        private = privacy_values(session, found.known)
    there = {one.code for one in found.groups}
    tab = request.args.get("tab")
    return {
        "one": found,
        "known": found.known,
        "shown": shown,
        "tab": tab if tab in TABS else TABS[0],
        "joins": [(code, name) for code, name in by_hand.items() if code not in there],
        "settable": [
            (one.code, shown.stage(one.code)) for one in shown.stages if not one.automatic
        ],
        "exits": [shown.stage(one.code) for one in shown.stages if one.exit and not one.automatic],
        "has_profit": any(one.profit is not None for one in found.sales),
        "events": [event_words(one, shown) for one in found.events],
        "now": desk().now().astimezone(zone()).strftime("%Y-%m-%dT%H:%M"),
        "latest": LATEST,
        "by": by,
        "ties": tied,
        "visits": visited,
        "left_out": left_out,
        "longest": {"why": LONGEST_WHY, "note": LONGEST_NOTE},
        "faults": [],
        "typed": {},
        **master,
        **private,
        **asking_values(customer_id),
        **deals_values(customer_id),
        "names": NAMES,
        "words": {
            "channel": CHANNEL_WORDS,
            "direction": DIRECTIONS,
            "outcome": OUTCOME_WORDS,
            "kind": KINDS,
            "lost": LOST,
            "state": STATES,
            "visit": VISIT_STATES,
            "field": FIELDS,
        },
        "choices": {"channel": CHANNELS, "outcome": OUTCOMES},
    }


class Customer(Page):
    """Parts of the page about a customer, and what somebody does there."""

    title = lazy("Customer")
    address = "customer"
    icon = "fa-user"
    section = ""

    @expose("/")
    def index(self) -> Response:
        """Of nobody in particular: everyone."""
        return redirect(to_page("customers"))

    @expose("/why")
    def why(self) -> str:
        """Why she has her labels, and what would change them."""
        who = request.args.get("customer", "")
        with desk().database.read() as session:
            shown = Shown(stages(session), sources(session), names_of_groups(session))
        try:
            found = why(desk(), who, language(), Reader())
        except StoreError as error:
            if error.diagnostics[0].code != "no-run":
                raise
            found = None
        return self.page("panel/customers/why.html", why=found, shown=shown, fields=FIELDS)

    @expose("/ahead")
    def ahead(self) -> str:
        """Which of her labels change by themselves."""
        who = request.args.get("customer", "")
        found = ahead(desk(), who, language(), Reader())
        return self.page("panel/customers/ahead.html", ahead=found)

    @expose("/stage", methods=("POST",))
    @needs("record")
    def stage(self) -> Response | tuple[str, int]:
        """Somebody says where she stands."""
        form = request.form
        return self._done(
            lambda who: set_stage(
                desk(),
                who,
                form.get("stage", ""),
                form.get("why"),
                lost_reason(form.get("lost_reason")),
                form.get("lost_to"),
            ),
            _("The stage is set."),
        )

    @expose("/consent", methods=("POST",))
    @needs("record")
    def consent(self) -> Response | tuple[str, int]:
        """She says whether she may be classified."""
        told = consent_of(request.form["consent"])
        return self._done(
            lambda who: set_consent(desk(), who, told), _("What she says is recorded.")
        )

    @expose("/add", methods=("GET", "POST"))
    @needs("record")
    def add(self) -> Response | str | tuple[str, int]:
        """A customer more."""
        if request.method == "GET":
            return self._new([])
        try:
            who = added()
        except CustrataError as error:
            return self._new(said(error)), 422
        flash(_("The customer was added."), "success")
        return redirect(to_customer(who))

    @expose("/correct", methods=("POST",))
    @needs("record")
    def correct(self) -> Response | tuple[str, int]:
        """What is known of her is brought to what is right."""
        return self._done(corrected, _("The customer was corrected."))

    @expose("/take", methods=("POST",))
    @needs("record")
    def take(self) -> Response | tuple[str, int]:
        """Nobody has her: whoever asks does."""
        return self._done(lambda who: take_customer(desk(), who), _("This customer is yours now."))

    @expose("/contact", methods=("POST",))
    @needs("record")
    def contact(self) -> Response | tuple[str, int]:
        """Somebody spoke with her, or tried to."""
        form = request.form
        return self._done(
            lambda who: record_contact(
                desk(),
                who,
                typed.moment(request.form.get("at", ""), zone()),
                channel=form.get("channel"),
                direction=form.get("direction"),
                outcome=form.get("outcome"),
                note=form.get("note"),
                owner=desk().by,
            ),
            _("The contact is recorded."),
        )

    @expose("/sale", methods=("POST",))
    @needs("record")
    def sale(self) -> Response | tuple[str, int]:
        """She bought something, or gave it back."""
        form = request.form
        return self._done(
            lambda who: record_sale(
                desk(),
                who,
                _amount("amount"),
                typed.moment(request.form.get("at", ""), zone()),
                profit=typed.amount(form.get("profit", "")),
                product=form.get("product"),
                order_id=form.get("order"),
            ),
            _("The sale is recorded."),
        )

    @expose("/answer", methods=("POST",))
    @needs("record")
    def answer(self) -> Response | tuple[str, int]:
        """She answered a question of her phase."""
        form = request.form
        return self._done(
            lambda who: answer_question(
                desk(), who, form.get("question", ""), form.get("answer", "")
            ),
            _("The answer is recorded."),
        )

    @expose("/feedback", methods=("POST",))
    @needs("record")
    def feedback(self) -> Response | tuple[str, int]:
        """She brought something forward."""
        form = request.form
        return self._done(
            lambda who: report(
                desk(),
                who,
                form.get("kind", ""),
                form.get("said", ""),
                form.get("sees_to"),
                due_typed(form.get("due", "")),
            ),
            _("The feedback is recorded."),
        )

    @expose("/step", methods=("POST",))
    @needs("record")
    def step(self) -> Response | tuple[str, int]:
        """An opportunity came up, went on, was won or lost."""
        return self._done(step_typed, _("The step is recorded."))

    @expose("/delete/<kind>/<number>")
    @needs("record")
    def ask(self, kind: str, number: str) -> str:
        """Whether a sale or a contact is to go."""
        with desk().database.read() as session:
            found = fact(session, kind, _number(number))
            by = recorded_by(session, found.customer_id).get((kind, found.id))
        return self.page(
            "panel/customers/delete.html",
            fact=found,
            kind=kind,
            amount=exactly(found.amount, found.scale) if isinstance(found, Transaction) else None,
            by=by,
            back=_to_tab(found.customer_id, kind),
        )

    @expose("/delete/<kind>/<number>", methods=("POST",))
    @needs("record")
    def delete(self, kind: str, number: str) -> Response:
        """Take out what never was."""
        with desk().database.read() as session:
            who = fact(session, kind, _number(number)).customer_id
        moved = delete_fact(desk(), kind, _number(number))
        flash(_("It was deleted."), "success")
        for one in moved:
            flash(_moved(one), "info")
        return redirect(_to_tab(who, kind))

    @expose("/join", methods=("POST",))
    @needs("record")
    def join(self) -> Response | tuple[str, int]:
        """Put her into a group."""
        group = request.form.get("group", "")
        return self._done(
            lambda who: _none(put_in(desk(), group, [who])), _("She is in the group.")
        )

    @expose("/leave", methods=("POST",))
    @needs("record")
    def leave(self) -> Response | tuple[str, int]:
        """Take her out of a group."""
        group = request.form.get("group", "")
        return self._done(
            lambda who: _none(take_out(desk(), group, [who])), _("She is out of the group.")
        )

    def _new(self, faults: list[str]) -> str:
        with desk().database.read() as session:
            values = new_values(session)
        return self.page("panel/customers/add.html", names=NAMES, faults=faults, **values)

    def _done(
        self, act: Callable[[str], Iterable[Transition]], told: str
    ) -> Response | tuple[str, int]:
        """Do it and go back to her page; what was typed stays where it cannot be done."""
        who = request.form.get("customer", "")
        try:
            moved = act(who)
        except CustrataError as error:
            values = {**values_of(who), "faults": said(error), "typed": request.form}
            return self.page("panel/customers/one.html", **values), 422
        flash(told, "success")
        for one in moved:
            flash(_moved(one), "info")
        tab = request.args.get("tab")
        return redirect(f"{to_customer(who)}?tab={tab}#more" if tab in TABS else to_customer(who))


def _number(text: str) -> int:
    try:
        return typed.whole(text)
    except ValueError:
        return 0  # which no record has


def _to_tab(customer_id: str, kind: str) -> str:
    return f"{to_customer(customer_id)}?tab={_TAB_OF[kind]}#more"


def _none(_count: int) -> tuple[Transition, ...]:
    return ()


def _moved(one: Transition) -> str:
    shown = Shown()
    told: str = _(
        "%(classifier)s is now %(label)s (before: %(was)s).",
        classifier=shown.classifier(one.classifier),
        label=shown.label(one.classifier, one.label),
        was=shown.label(one.classifier, one.was),
    )
    return told


def _amount(name: str) -> Decimal:
    """An amount as the reader's language writes numbers.

    Raises:
        DataError: it is none, or can be read in two ways.
    """
    found = typed.amount(request.form.get(name, ""))
    if found is None:
        raise wrong("no-number", f"{name} is empty", number(Decimal(1000)))
    return found
