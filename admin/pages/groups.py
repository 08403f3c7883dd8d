"""Groups: a tree of names, filled by hand or by a rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin.access import needs
from custrata.admin.consequences import consequences
from custrata.admin.faults import said
from custrata.admin.here import desk, engine
from custrata.admin.language import _, lazy, number
from custrata.admin.page import Answer, Page
from custrata.admin.pages.naming import Called
from custrata.admin.pages.showing import Shown
from custrata.engine.diagnostics import CustrataError
from custrata.service.customers.listing import customers
from custrata.service.customers.question import Question
from custrata.service.figures import latest
from custrata.service.figures.groups import Shared, shared_by
from custrata.service.registers import groups
from custrata.service.registers.group_rules import would_hold
from custrata.service.registers.groups import COUNTED, Branch
from custrata.service.registers.members import empty_group, put_in, take_out
from custrata.service.registers.sources import sources
from custrata.service.registers.stages import stages
from custrata.service.registers.treatments import labels_of

_BETWEEN = re.compile(r"[\s,;]+")
_PAIRS = 20
"""Groups that share most, on the page of all."""
_NEW: Mapping[str, str] = {"name": "", "code": "", "parent": "", "note": "", "rule": ""}


class Groups(Page):
    """The tree, and one group with who is in it."""

    title = lazy("Groups")
    address = "groups"
    icon = "fa-sitemap"

    @expose("/")
    def index(self) -> str:
        """The tree, and a form for one more."""
        return self._tree(_NEW, [])

    @expose("/add", methods=("POST",))
    @needs("registers")
    def add(self) -> Answer:
        """A group more."""
        typed = _typed()
        try:
            code = groups.add_group(
                desk(),
                typed["name"],
                code=typed["code"] or None,
                parent=typed["parent"] or None,
                rule=_rule(typed),
                note=typed["note"],
            )
        except CustrataError as error:
            return self._tree(typed, said(error)), 422
        flash(_("The group was added."), "success")
        return redirect(url_for(".one", code=code))

    @expose("/code", methods=("POST",))
    @needs("registers")
    def code(self) -> str:
        """The code that a name would get, while it is typed."""
        name = request.form.get("name", "")
        try:
            with desk().database.read() as session:
                found = groups.suggested_code(session, name)
        except CustrataError as error:
            return self.page("panel/groups/code.html", found="", faults=said(error) if name else [])
        return self.page("panel/groups/code.html", found=found, faults=[])

    @expose("/count", methods=("POST",))
    @needs("registers")
    def count(self) -> str:
        """How many a rule would take, while it is typed."""
        rule = request.form.get("rule", "")
        held, faults = None, []
        if rule.strip():
            try:
                held = would_hold(desk(), rule)
            except CustrataError as error:
                faults = said(error)
        return self.page("panel/groups/count.html", held=held, faults=faults)

    @expose("/<code>")
    def one(self, code: str) -> str:
        """A group, and who is in it."""
        return self._one(code, None, [])

    @expose("/<code>/change", methods=("POST",))
    @needs("registers")
    def change(self, code: str) -> Answer:
        """Name it otherwise, move it, give it another rule."""
        typed = _typed()
        try:
            now = groups.change_group(
                desk(),
                code,
                name=typed["name"],
                code=typed["code"],
                parent=typed["parent"] or None,
                note=typed["note"],
                rule=_rule(typed),
            )
        except CustrataError as error:
            return self._one(code, typed, said(error)), 422
        flash(_("The group was changed."), "success")
        return redirect(url_for(".one", code=now))

    @expose("/<code>/put-in", methods=("POST",))
    @needs("record")
    def put_in(self, code: str) -> Answer:
        """Put customers into it, by their numbers."""
        typed = request.form.get("customers", "")
        ids = [one for one in _BETWEEN.split(typed) if one]
        try:
            count = put_in(desk(), code, ids)
        except CustrataError as error:
            return self._one(code, None, said(error), ids=typed), 422
        flash(_("Put in: %(number)s", number=number(count)), "success")
        return redirect(url_for(".one", code=code))

    @expose("/<code>/take-out", methods=("POST",))
    @needs("record")
    def take_out(self, code: str) -> Answer:
        """Take customers out of it."""
        try:
            count = take_out(desk(), code, request.form.getlist("customer"))
        except CustrataError as error:
            return self._one(code, None, said(error)), 422
        flash(_("Taken out: %(number)s", number=number(count)), "success")
        return redirect(url_for(".one", code=code))

    @expose("/<code>/shared")
    def shared(self, code: str) -> str:
        """How many are in another group too."""
        other = request.args.get("other", "")
        with desk().database.read() as session:
            found = groups.overlap(session, code, other) if other else None
            name = groups.group(session, other).name if other else ""
        return self.page("panel/groups/shared.html", found=found, code=code, other=other, name=name)

    @expose("/<code>/delete", methods=("GET", "POST"))
    @needs("registers")
    def delete(self, code: str) -> Answer:
        """Ask first, and say what would break."""
        delete = partial(groups.delete_group, desk(), code)
        return self.deleted(delete, _("The group was deleted."), partial(self._ask, code))

    @expose("/<code>/empty", methods=("POST",))
    @needs("registers")
    def empty(self, code: str) -> Response:
        """Take everyone out of it."""
        count = empty_group(desk(), code)
        flash(_("Taken out: %(number)s", number=number(count)), "success")
        return redirect(url_for(".delete", code=code))

    def _tree(self, typed: Mapping[str, str], faults: list[str]) -> str:
        with desk().database.read() as session:
            tree, figures = groups.groups(session), latest(session)
        return self.page(
            "panel/groups/index.html",
            tree=tree,
            shared=_known(shared_by(figures), tree)[:_PAIRS],
            names=_names(tree),
            figures=figures,
            parents=_parents(tree),
            typed=typed,
            faults=faults,
            counted=COUNTED,
            **_help(),
        )

    def _one(
        self, code: str, typed: Mapping[str, str] | None, faults: list[str], ids: str = ""
    ) -> str:
        with desk().database.read() as session:
            found = groups.group(session, code)
            tree = groups.groups(session)
            asked = Question(groups=(code,))
            place = request.args.get("after"), request.args.get("before")
            listed = customers(session, asked, *place)
            figures = latest(session)
        below = _below(tree, code)
        return self.page(
            "panel/groups/one.html",
            group=found,
            parents=_parents(one for one in tree if one.code not in below),
            others=[(one.code, one.name) for one in tree if one.code != code],
            shared=_known(shared_by(figures, code), tree),
            names=_names(tree),
            figures=figures,
            typed=typed or _kept(found),
            faults=faults,
            ids=ids,
            listed=listed,
            counted=COUNTED,
            **_help(),
        )

    def _ask(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            found = groups.group(session, code)
            uses = groups.group_uses(session, code)
        return self.page(
            "panel/groups/delete.html",
            group=found,
            called=found.name,
            customers=uses.customers,
            uses=consequences(uses, Called([engine()])),
            faults=faults,
        )


def _typed() -> dict[str, str]:
    """What was typed; no rule where the group is to be filled by hand."""
    typed = {name: request.form.get(name, "").strip() for name in (*_NEW, "filled")}
    if typed["filled"] == "by_hand":
        typed["rule"] = ""
    return typed


def _rule(typed: Mapping[str, str]) -> str | None:
    """An empty one, which is refused, where a rule is to take them and none was typed."""
    return typed["rule"] if typed["filled"] == "by_rule" else typed["rule"] or None


def _kept(found: Branch) -> dict[str, str]:
    return {name: getattr(found, name) or "" for name in _NEW}


def _parents(tree: Any) -> list[tuple[str, str]]:
    """The groups below which one can stand, as choices that show the tree."""
    top = [("", _("none: at the top"))]
    return top + [(one.code, "\u2003" * one.depth + one.name) for one in tree]


def _below(tree: tuple[Branch, ...], code: str) -> set[str]:
    """A group and all below it; the tree lists what is above first."""
    found = {code}
    for one in tree:
        if one.parent in found:
            found.add(one.code)
    return found


def _names(tree: Iterable[Branch]) -> dict[str, str]:
    return {one.code: one.name for one in tree}


def _known(shared: Iterable[Shared], tree: Iterable[Branch]) -> list[Shared]:
    """Those of groups that are still there."""
    codes = {one.code for one in tree}
    return [one for one in shared if {one.one, one.other} <= codes]


def _help() -> dict[str, Any]:
    """What the rule of a group may ask for, in the words of the rules in force."""
    with desk().database.read() as session:
        shown = Shown(stages(session), sources(session))
    return {
        "shown": shown,
        "labels": {one.name: labels_of(one) for one in engine().ruleset.classifiers},
        "measures": sorted(engine().plugins.measures),
    }
