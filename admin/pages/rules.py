"""The rules: every classifier with its size today, and what is being changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin.access import needs
from custrata.admin.here import desk
from custrata.admin.language import _, lazy
from custrata.admin.pages.rules_editor import EditorPages, form_of
from custrata.admin.pages.rules_labels import LabelPages
from custrata.admin.pages.rules_movers import MoverPages
from custrata.admin.pages.rules_sheet import SheetPages
from custrata.admin.pages.rules_show import names_for
from custrata.admin.pages.rules_text import TextPages
from custrata.admin.pages.rules_working import Working, asked, open_drafts, posted
from custrata.engine.diagnostics import RulesError
from custrata.service.rules.difference import difference
from custrata.service.rules.drafts import Draft
from custrata.service.rules.editing import classifiers
from custrata.service.rules.editing_names import FormNames
from custrata.service.rules.editing_text import with_classifier, without_classifier
from custrata.service.rules.versions import installed, version
from custrata.service.runs.basis import last_full

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Listed:
    """A classifier in the list.

    Attributes:
        sizes: label and customers of the last run, the most first. drafts: those that change it.
    """

    name: str
    named: FormNames
    plugin: str | None
    enabled: bool
    sizes: tuple[tuple[str | None, int], ...]
    drafts: tuple[Draft, ...]

    @property
    def customers(self) -> int:
        """All of them."""
        return sum(count for _, count in self.sizes)


class Rules(EditorPages, MoverPages, SheetPages, LabelPages, TextPages):
    """Lists classifiers, and leads to the page of each."""

    title = lazy("Rules")
    address = "rules"
    icon = "fa-sliders"
    section = "rules"

    @expose("/")
    def index(self) -> str | Response:
        """The list."""
        working = asked()
        try:
            known = classifiers(working.text)
        except RulesError:
            return redirect(url_for("rules.text", **working.at))
        sizes, as_of = _sizes()
        changed = {one: _changed(one) for one in open_drafts()}
        listed = [
            _listed(working, name, enabled, sizes, changed) for name, enabled in known.items()
        ]
        free = [one for one in installed().classifiers if one not in known]
        return self.page(
            "panel/rules/list.html",
            working=working,
            listed=listed,
            as_of=as_of,
            drafts=list(changed),
            free=free,
        )

    @expose("/add", methods=("POST",))
    @needs("draft")
    def add(self) -> str | Response | tuple[str, int]:
        """One more classifier: a plugin's, or a blank table."""
        working, plugin = posted(), request.form.get("plugin", "")
        name = plugin or request.form.get("name", "").strip()
        if (
            not name
            or len(name) > _LONGEST_NAME
            or "." in name
            or name in classifiers(working.text)
        ):
            flash(_("A classifier needs a name of its own, without dots."), "danger")
            return redirect(url_for("rules.index", **working.at))
        value: Mapping[str, Any] = {} if plugin in installed().classifiers else _blank()
        text = with_classifier(working.text, name, value)
        return self.saved(working, text, "classifier", name=name)

    @expose("/remove")
    @needs("draft")
    def remove(self) -> str:
        """Ask whether a classifier is to go."""
        working = asked()
        form = form_of(working.text, request.args.get("name", ""))
        return self.page(
            "panel/rules/remove.html",
            working=working,
            form=form,
            named=names_for(working.text, form),
            readers=_readers(working, form.name),
        )

    @expose("/remove-now", methods=("POST",))
    @needs("draft")
    def remove_now(self) -> str | Response | tuple[str, int]:
        """Take a classifier out of the draft."""
        working = posted()
        form = form_of(working.text, request.form.get("classifier", ""))
        return self.saved(working, without_classifier(working.text, form.name), "index")


def _blank() -> Mapping[str, Any]:
    """A table to begin with: those who spend much, and the others."""
    bands = {"monetary": {"cuts": ["median"], "names": ["low", "high"]}}
    rules = [{"monetary": "high", "label": "first"}, {"monetary": "low", "label": "second"}]
    return {"bands": bands, "table": {"rules": rules, "otherwise": "none"}}


def _sizes() -> tuple[Mapping[str, list[tuple[str | None, int]]], Any]:
    """Sizes of the last run, by classifier."""
    with desk().database.read() as session:
        last = last_full(session)
        if last is None or last.counts is None:
            return {}, None
        sizes = last.counts["sizes"]
        return {
            name: [(label, count) for label, count in rows] for name, rows in sizes.items()
        }, last.as_of


def _listed(
    working: Working,
    name: str,
    enabled: bool,
    sizes: Mapping[str, list[tuple[str | None, int]]],
    changed: Mapping[Draft, frozenset[str | None]],
) -> Listed:
    form = form_of(working.text, name)
    rows = sorted(sizes.get(name, ()), key=lambda row: -row[1])
    touching = tuple(draft for draft, names in changed.items() if name in names)
    named = names_for(working.text, form)
    return Listed(name, named, form.plugin, enabled, tuple(rows), touching)


def _changed(draft: Draft) -> frozenset[str | None]:
    """The classifiers that a draft changes; none where it cannot be read."""
    with desk().database.read() as session:
        base = version(session, draft.base).text
    return _between(base, draft.text)


@lru_cache(maxsize=64)
def _between(before: str, after: str) -> frozenset[str | None]:
    try:
        return frozenset(one.classifier for one in difference(before, after))
    except RulesError:
        return frozenset()


def _readers(working: Working, name: str) -> list[str]:
    """The classifiers that read another's labels, and would lack them."""
    read = {f"label.{name}", f"score.{name}"}
    return [one.name for one in working.engine.ruleset.classifiers if read & set(one.columns)]
