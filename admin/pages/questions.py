"""What to ask: a checklist for each phase, and the firm's notebook of before it had customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.here import desk
from custrata.admin.language import _, language, lazy
from custrata.admin.page import Answer, Page
from custrata.admin.pages.showing import Shown
from custrata.engine.diagnostics import CustrataError
from custrata.service.figures import latest
from custrata.service.figures.asked import LIFECYCLE
from custrata.service.registers import notebook, questions
from custrata.service.registers.entries import entry
from custrata.service.registers.questions import BEFORE, question_name
from custrata.service.registers.spoken import LANGUAGES
from custrata.store.models import NotebookPage, Question

_MARKET: Mapping[str, Any] = {
    "demographics": lazy("Who they are: age, trade, place, income"),
    "psychographics": lazy("How they live and decide: values, habits, tastes"),
}
_SIDES: Mapping[str, Any] = {
    notebook.LIKES: lazy("What they like"),
    notebook.DISLIKES: lazy("What they dislike"),
}


class Questions(Page):
    """The checklists; a question with its names; the notebook."""

    title = lazy("What to ask")
    address = "questions"
    icon = "fa-question-circle-o"
    section = "customers"

    @expose("/")
    def index(self) -> str:
        """All phases with what is asked in each."""
        with desk().database.read() as session:
            phases, known = questions.phases(session), questions.questions(session)
            figures = latest(session)
        told = {row["phase"]: row for row in (figures and figures.get("asked")) or ()}
        lists = [_listed(phase, known, told.get(phase)) for phase in phases]
        return self.page(
            "panel/questions/index.html", lists=lists, figures=figures if told else None
        )

    @expose("/add", methods=("GET", "POST"))
    @needs("registers")
    def add(self) -> Answer:
        """A question more, at the end of a checklist."""
        if request.method == "GET":
            return self._form(None, [])
        try:
            names = typed.names(request.form)
            questions.add_question(desk(), _text("phase"), names, _text("code") or None)
        except CustrataError as error:
            return self._form(None, said(error)), 422
        flash(_("The question was added at the end of the checklist."), "success")
        return redirect(url_for(".index", _anchor=_text("phase")))

    @expose("/edit/<code>", methods=("GET", "POST"))
    @needs("registers")
    def one(self, code: str) -> Answer:
        """How it is asked, and in which phase."""
        if request.method == "GET":
            return self._form(code, [])
        try:
            names = typed.names(request.form)
            questions.change_question(desk(), code, names=names, phase=_text("phase"))
        except CustrataError as error:
            return self._form(code, said(error)), 422
        flash(_("The question was changed."), "success")
        return redirect(url_for(".index", _anchor=_text("phase")))

    @expose("/move", methods=("POST",))
    @needs("registers")
    def move(self) -> Answer:
        """One question sooner or later."""
        questions.move_question(desk(), _text("code"), _text("way"))
        return self._back(_text("code"))

    @expose("/retire", methods=("POST",))
    @needs("registers")
    def retire(self) -> Answer:
        """Ask it no longer; it is quickly brought back, so nobody is asked twice."""
        questions.retire_question(desk(), _text("code"))
        flash(_("The question is asked no longer. Its answers stay."), "success")
        return self._back(_text("code"))

    @expose("/bring-back", methods=("POST",))
    @needs("registers")
    def bring_back(self) -> Answer:
        """Ask it again."""
        questions.bring_back(desk(), _text("code"))
        flash(_("The question is asked again."), "success")
        return self._back(_text("code"))

    @expose("/edit/<code>/delete", methods=("GET", "POST"))
    @needs("registers")
    def delete(self, code: str) -> Answer:
        """Ask first; one that has answers stays."""
        delete = partial(questions.delete_question, desk(), code)
        return self.deleted(delete, _("The question was deleted."), partial(self._ask, code))

    @expose("/notebook")
    def notebook(self) -> str:
        """What is known of the market."""
        return self._notebook({}, [])

    @expose("/notebook", methods=("POST",))
    @needs("record")
    def write(self) -> Answer:
        """Write a page anew; what was typed stays where somebody else was faster."""
        topic = _text("topic")
        try:
            notebook.write_page(desk(), topic, _text("text"), _text("seen") or None)
        except CustrataError as error:
            return self._notebook({topic: _text("text")}, said(error)), 422
        flash(_("The page of the notebook was saved."), "success")
        return redirect(url_for(".notebook", _anchor=topic))

    def _back(self, code: str) -> Answer:
        with desk().database.read() as session:
            phase = entry(session, Question, code).phase
        return redirect(url_for(".index", _anchor=phase))

    def _ask(self, code: str, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, Question, code)
        called = question_name(row, language())
        return self.page("panel/questions/delete.html", question=row, called=called, faults=faults)

    def _form(self, code: str | None, faults: list[str]) -> str:
        with desk().database.read() as session:
            row = entry(session, Question, code) if code else None
            phases = questions.phases(session)
        kept = {"names": row.names if row else {}, "code": code or "", "phase": row and row.phase}
        asked = {"names": typed.names(request.form), "code": _text("code")}
        shown = kept if request.method == "GET" else {**asked, "phase": _text("phase")}
        chosen = shown["phase"] or request.args.get("phase", "")
        return self.page(
            "panel/questions/one.html",
            entry=row,
            called=question_name(row, language()) if row else _("New question"),
            shown={**shown, "phase": chosen},
            phases=[(one, phase_name(one)) for one in phases],
            languages_of_names=LANGUAGES,
            faults=faults,
        )

    def _notebook(self, typed_texts: Mapping[str, str], faults: list[str]) -> str:
        with desk().database.read() as session:
            pages = notebook.notebook(session)
        topics = [_page(one, pages.get(one), typed_texts.get(one)) for one in notebook.TOPICS]
        return self.page(
            "panel/questions/notebook.html",
            market=topics[: len(_MARKET)],
            groups=_by_group(topics[len(_MARKET) :]),
            longest=notebook.LONGEST,
            faults=faults,
        )


def phase_name(phase: str) -> str:
    """What a phase is called."""
    if phase == BEFORE:
        return _("Before there are customers")
    return Shown().label(LIFECYCLE, phase)


def _listed(phase: str, known: Sequence[Question], told: Mapping[str, Any] | None) -> Any:
    """A phase with its questions, and how far they were answered at the last run."""
    own = [one for one in known if one.phase == phase]
    rows = [
        {
            "code": one.code,
            "name": question_name(one, language()),
            "answered": told and told["questions"].get(one.code),
            "retired_at": one.retired_at,
        }
        for one in own
    ]
    return {
        "phase": phase,
        "name": phase_name(phase),
        "asked": [row for row in rows if row["retired_at"] is None],
        "retired": [row for row in rows if row["retired_at"] is not None],
        "customers": told and told["customers"],
        "mean": told and _share(told["answered"], told["customers"] * len(told["questions"])),
        "complete": told and _share(told["complete"], told["customers"]),
    }


def _share(part: int | None, whole: int) -> float | None:
    """None where there is nothing to have a share of."""
    return float(Fraction(part, whole)) if part is not None and whole else None


def _page(topic: str, page: NotebookPage | None, text: str | None) -> dict[str, Any]:
    group, _dot, side = topic.partition(".")
    kept, mark = page.text if page else "", notebook.mark_of(page)
    return {
        "topic": topic,
        "group": group,
        "title": _SIDES[side] if side else _MARKET[topic],
        "text": kept if text is None else text,
        "kept": None if text is None or _text("seen") in ("", mark) else kept,
        "seen": mark,
        "by": page.by if page else None,
        "at": _at(page),
    }


def _at(page: NotebookPage | None) -> datetime | None:
    return page.at if page else None


def _by_group(topics: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Any]]]:
    """Likes and dislikes of each key group, under its name."""
    shown = Shown()
    return [
        (shown.label("key_groups", group), [one for one in topics if one["group"] == group])
        for group in notebook.KEY_GROUPS
    ]


def _text(name: str) -> str:
    return request.form.get(name, "")
