"""Webhooks: where they go, and those that were not taken."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import abort, flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import access, typed
from custrata.admin.faults import said
from custrata.admin.here import desk, store
from custrata.admin.language import _, lazy, ngettext
from custrata.admin.page import Answer, Page
from custrata.admin.pages.webhook_words import fault_words
from custrata.engine.diagnostics import CustrataError
from custrata.service.deliveries import destinations as register
from custrata.service.deliveries import letters
from custrata.service.deliveries.deliver import send_test
from custrata.service.deliveries.destinations import BATCH, MOST_AT_ONCE, Said
from custrata.service.deliveries.outbox import DEAD

_SHOWN = 50


class Webhooks(Page):
    """Destinations, and messages on their way."""

    title = lazy("Webhooks")
    address = "webhooks"
    icon = "fa-share-alt"
    section = "system"
    needs = "settings"

    @expose("/")
    def index(self) -> Answer:
        """Where webhooks go, and how many wait."""
        return self._index([])

    @expose("/add", methods=("POST",))
    @access.needs("settings")
    def add(self) -> Answer:
        """A destination more; its secret is shown this once."""
        try:
            name = request.form.get("name", "")
            secret = register.add_destination(desk(), name, _said())
        except CustrataError as error:
            return self._index(said(error)), 422
        return self._once(name.strip(), secret)

    @expose("/one", methods=("GET", "POST"))
    @access.needs("settings")
    def one(self) -> Answer:
        """What is said of a destination."""
        name = request.args.get("name", "")
        if request.method == "GET":
            return self._one(name, [])
        try:
            register.change_destination(desk(), name, _said())
        except CustrataError as error:
            return self._one(name, said(error)), 422
        flash(_("The destination was changed."), "success")
        return redirect(url_for(".index"))

    @expose("/test", methods=("POST",))
    @access.needs("settings")
    def test(self) -> Answer:
        """Send a message without a customer, and say what came of it."""
        name = request.form.get("name", "")
        answer = send_test(desk(), name)
        if answer.fault is None:
            flash(_("%(name)s took the test.", name=name), "success")
        else:
            told = fault_words(answer.fault)
            flash(_("%(name)s did not take the test. %(fault)s", name=name, fault=told), "error")
        return redirect(url_for(".one", name=name))

    @expose("/secret", methods=("POST",))
    @access.needs("settings")
    def secret(self) -> Answer:
        """Another secret, shown this once."""
        name = request.form.get("name", "")
        return self._once(name, register.new_secret(desk(), name))

    @expose("/delete", methods=("GET", "POST"))
    @access.needs("settings")
    def delete(self) -> Answer:
        """Ask first, and say what waits."""
        name = request.args.get("name", "")
        act = partial(register.remove_destination, desk(), name)
        return self.deleted(act, _("The destination was deleted."), partial(self._ask, name))

    # --- messages -------------------------------------------------------------------------

    @expose("/messages")
    @access.needs("settings")
    def messages(self) -> str:
        """What waits for a destination, or is dead."""
        name, state = request.args.get("name", ""), _state()
        after = request.args.get("after", 0, type=typed.whole)
        with store().database.read() as session:
            rows = letters.listed(session, name, state, after, _SHOWN + 1)
        return self.page(
            "panel/webhooks/messages.html",
            name=name,
            state=state,
            rows=rows[:_SHOWN],
            more=rows[_SHOWN - 1].id if len(rows) > _SHOWN else None,
            fault_words=fault_words,
        )

    @expose("/replay", methods=("POST",))
    @access.needs("settings")
    def replay(self) -> Answer:
        """Have one dead message sent again, or all of a destination."""
        name, number = request.form.get("name", ""), _number()
        return _acted(
            partial(letters.replay, desk(), name, number),
            lambda count: ngettext(
                "%(num)s message is sent again.", "%(num)s messages are sent again.", count
            ),
            url_for(".messages", name=name, state=DEAD),
        )

    @expose("/drop", methods=("GET", "POST"))
    @access.needs("settings")
    def drop(self) -> Answer:
        """Ask first, then forget one message, or all of a destination."""
        name, state, number = request.args.get("name", ""), _state(), _number()
        if request.method == "GET":
            return self.page("panel/webhooks/drop.html", name=name, state=state, number=number)
        return _acted(
            partial(letters.drop, desk(), name, state, number),
            lambda count: ngettext(
                "%(num)s message was dropped.", "%(num)s messages were dropped.", count
            ),
            url_for(".messages", name=name, state=state),
        )

    # --- parts ----------------------------------------------------------------------------

    def _index(self, faults: list[str]) -> str:
        with store().database.read() as session:
            rows, counts = register.destinations(session), letters.letters(session)
            wanted = register.named_in_rules(session)
        names = {one.name for one in rows}
        return self.page(
            "panel/webhooks/index.html",
            rows=rows,
            counts=counts,
            missing=sorted((wanted | {one for one in counts if _any(counts[one])}) - names),
            most=letters.MOST_COUNTED,
            largest=MOST_AT_ONCE,
            shown=_shown(),
            fault_words=fault_words,
            faults=faults,
        )

    def _one(self, name: str, faults: list[str]) -> str:
        with store().database.read() as session:
            row = register.destination(session, name)
        shown = _shown() if request.method == "POST" else row
        return self.page(
            "panel/webhooks/one.html",
            row=row,
            shown=shown,
            largest=MOST_AT_ONCE,
            fault_words=fault_words,
            faults=faults,
        )

    def _ask(self, name: str, faults: list[str]) -> str:
        with store().database.read() as session:
            row = register.destination(session, name)
            waiting = letters.waiting(session, name)
        used = {"row": row, "waiting": waiting, "most": letters.MOST_COUNTED}
        return self.page("panel/webhooks/delete.html", faults=faults, **used)

    def _once(self, name: str, secret: str) -> str:
        return self.page("panel/webhooks/secret.html", name=name, secret=secret)


def _acted(act: Callable[[], int], told: Callable[[int], str], following: str) -> Response:
    """Do something with messages, and go back to their list."""
    try:
        count = act()
    except CustrataError as error:
        for one in said(error):
            flash(one, "error")
    else:
        flash(told(count), "success")
    return redirect(following)


def _state() -> str:
    """The state that is asked for; what is none is not taken for another."""
    state = request.args.get("state", DEAD)
    return state if state in letters.STATES else abort(404)


def _number() -> int | None:
    """The message that is asked for, None for all; what is no number does not mean all."""
    text = request.values.get("number")
    try:
        return None if text is None else typed.whole(text)
    except ValueError:
        abort(404)


def _any(count: letters.Letters) -> bool:
    return bool(count.waiting or count.dead)


def _said() -> Said:
    """What was typed of a destination."""
    shown = _shown()
    return Said(
        str(shown["url"]),
        allow_private=bool(shown["allow_private"]),
        batch=request.form.get("batch", 0, type=typed.whole),
        active=bool(shown["active"]),
    )


def _shown() -> dict[str, object]:
    """What the form holds: what was typed, at first what is usual."""
    form, new = request.form, request.method != "POST"
    return {
        "name": form.get("name", ""),
        "url": form.get("url", ""),
        "batch": form.get("batch", BATCH),
        "allow_private": form.get("allow_private") == "1",
        "active": new or form.get("active") == "1",
    }
