"""People who sign in, programs with tokens, and what one changes about oneself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import access
from custrata.admin.faults import said
from custrata.admin.here import desk, person, store, zone
from custrata.admin.host import is_hosted
from custrata.admin.language import LANGUAGES, _, lazy
from custrata.admin.page import Answer, Page
from custrata.engine.diagnostics import CustrataError, DataError, Diagnostic
from custrata.service.people import tokens, users
from custrata.service.people.roles import ACTIONS, ROLES
from custrata.service.people.visitors import Visitor, add_visitor

NAMES: Mapping[str, Any] = {
    "viewer": lazy("viewer"),
    "editor": lazy("editor"),
    "publisher": lazy("publisher"),
    "admin": lazy("admin"),
}
MAY: Mapping[str, Any] = {
    "viewer": lazy("sees customers, labels, rules and history"),
    "editor": lazy("also records contacts and sales, and writes drafts of rules"),
    "publisher": lazy("also approves and publishes rules, runs, imports, and keeps the registers"),
    "admin": lazy("also settings, people, tokens, exports, and erasing customers"),
}


class People(Page):
    """Users and tokens."""

    title = lazy("People")
    address = "people"
    icon = "fa-user-circle-o"
    section = "system"
    needs = "people"

    @expose("/")
    def index(self) -> str:
        """Everybody."""
        return self._index([])

    @expose("/add", methods=("POST",))
    @access.needs("people")
    def add(self) -> Answer:
        """Let somebody more in; the one-time password is shown this once, a host asks for none."""
        login, role = request.form.get("login", ""), request.form.get("role", "")
        name, language = request.form.get("name"), request.form.get("language", "")
        known = language if language in LANGUAGES else None
        if is_hosted():
            more = Visitor(login, role, name, known)
            told = _("%(login)s may sign in.", login=users.spelt(login))
            return self._do(lambda: add_visitor(desk(), more), told)
        try:
            given = users.add_user(desk(), login, role, name, language=known)
        except CustrataError as error:
            return self._index(said(error)), 422
        return self._once(users.spelt(login), given)

    @expose("/role/<login>", methods=("POST",))
    @access.needs("people")
    def role(self, login: str) -> Answer:
        """Let somebody do more, or less."""
        role = request.form.get("role", "")
        told = _("%(login)s is now: %(role)s.", login=login, role=NAMES.get(role, role))
        return self._do(lambda: users.change_role(desk(), login, role), told)

    @expose("/deactivate/<login>")
    @access.needs("people")
    def ask_deactivate(self, login: str) -> str:
        """Ask first."""
        return self.page("panel/people/deactivate.html", who=_known(login))

    @expose("/deactivate/<login>", methods=("POST",))
    @access.needs("people")
    def deactivate(self, login: str) -> Answer:
        """Let somebody in no more."""
        told = _("%(login)s may not sign in any more.", login=login)
        return self._do(lambda: users.deactivate(desk(), login), told)

    @expose("/activate/<login>", methods=("POST",))
    @access.needs("people")
    def activate(self, login: str) -> Answer:
        """Let somebody in again."""
        told = _("%(login)s may sign in again.", login=login)
        return self._do(lambda: users.activate(desk(), login), told)

    @expose("/sign-out/<login>", methods=("POST",))
    @access.needs("people")
    def sign_out(self, login: str) -> Answer:
        """End all of somebody's sessions."""
        told = _("%(login)s is signed out everywhere.", login=login)
        return self._do(lambda: users.sign_out_everywhere(desk(), login), told)

    @expose("/password/<login>")
    @access.needs("people")
    def ask_password(self, login: str) -> str:
        """Ask first."""
        return self.page("panel/people/new_password.html", who=_known(login))

    @expose("/password/<login>", methods=("POST",))
    @access.needs("people")
    def password(self, login: str) -> Answer:
        """A new one-time password, shown this once."""
        return self._once(users.spelt(login), users.set_password(desk(), login))

    # --- tokens ---------------------------------------------------------------------------

    @expose("/tokens")
    @access.needs("people")
    def tokens(self) -> str:
        """The keys of programs."""
        return self._tokens([])

    @expose("/tokens/make", methods=("POST",))
    @access.needs("people")
    def make_token(self) -> Answer:
        """A new key, shown this once."""
        form = request.form
        try:
            made = tokens.make_token(
                desk(),
                form.get("name", ""),
                form.get("role", ""),
                form.getlist("scope"),
                _end(form.get("expires", "").strip()),
                form.get("login") or None,
            )
        except CustrataError as error:
            return self._tokens(said(error)), 422
        return self.page("panel/people/new_token.html", made=made)

    @expose("/tokens/revoke/<prefix>")
    @access.needs("people")
    def ask_revoke(self, prefix: str) -> str:
        """Ask first."""
        with store().database.read() as session:
            found = [one for one in tokens.tokens(session) if one.prefix == prefix]
        return self.page("panel/people/revoke.html", prefix=prefix, token=next(iter(found), None))

    @expose("/tokens/revoke/<prefix>", methods=("POST",))
    @access.needs("people")
    def revoke(self, prefix: str) -> Answer:
        """Let a program in no more."""
        tokens.revoke_token(desk(), prefix)
        flash(_("The token %(prefix)s lets nobody in any more.", prefix=prefix), "success")
        return redirect(url_for(".tokens"))

    # --- parts ----------------------------------------------------------------------------

    def _do(self, act: Callable[[], object], told: str) -> Answer:
        try:
            act()
        except CustrataError as error:
            return self._index(said(error)), 422
        flash(told, "success")
        known = person()
        still = known is not None and _active(known.id, known.nonce)
        return redirect(url_for(".index") if still else url_for("account.sign_in"))

    def _index(self, faults: list[str]) -> str:
        with store().database.read() as session:
            found = users.users(session)
        return self.page(
            "panel/people/index.html",
            users=found,
            faults=faults,
            now=desk().now(),
            typed=request.form,
            **_WORDS,
        )

    def _tokens(self, faults: list[str]) -> str:
        with store().database.read() as session:
            found, everybody = tokens.tokens(session), users.users(session)
        return self.page(
            "panel/people/tokens.html",
            tokens=found,
            users=[one for one in everybody if one.active],
            faults=faults,
            now=desk().now(),
            actions=ACTIONS,
            typed=request.form,
            chosen=request.form.getlist("scope"),
            **_WORDS,
        )

    def _once(self, login: str, given: str | None) -> str:
        return self.page("panel/people/once.html", login=login, password=given)


class Me(Page):
    """What one changes about oneself."""

    title = lazy("My account")
    address = "me"
    icon = "fa-user-o"
    section = "system"

    @expose("/")
    def index(self) -> str:
        """Who one is, and may do."""
        return self.page("panel/people/me.html", who=person(), **_WORDS)

    @expose("/sign-out-everywhere", methods=("POST",))
    @access.needs("see")
    def sign_out_everywhere(self) -> Answer:
        """End all of one's sessions, this one too."""
        users.sign_out_everywhere(desk(), desk().by)
        flash(_("You are signed out everywhere."), "success")
        return redirect(url_for("account.sign_in"))


_WORDS: dict[str, Any] = {"roles": ROLES, "role_names": NAMES, "may_do": MAY}


def _known(login: str) -> users.Person:
    """Somebody by login.

    Raises:
        StoreError: there is nobody.
    """
    with store().database.read() as session:
        return users.person(users.of_login(session, login))


def _active(user: int, nonce: str) -> bool:
    with store().database.read() as session:
        return users.signed_in(session, user, nonce) is not None


def _end(text: str) -> datetime | None:
    """The end of a day; None where none is named.

    Raises:
        DataError: it is no day.
    """
    try:
        return datetime.combine(date.fromisoformat(text), time(23, 59), zone()) if text else None
    except ValueError:
        fault = Diagnostic("no-date", f"{text[:20]!r} is no date", allowed="2026-11-21")
        raise DataError(fault) from None
