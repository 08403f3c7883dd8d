"""Publishing: drafts reviewed and brought into force, versions compared, rolled back to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, store, zone
from custrata.admin.language import _, language, lazy, number
from custrata.admin.page import Page
from custrata.admin.pages.publishing_words import KINDS, STATES
from custrata.admin.pages.rules_wrong import wrong_with
from custrata.admin.pages.swap import swap_of
from custrata.engine.diagnostics import CustrataError, RulesError
from custrata.service.rules import drafts as working
from custrata.service.rules import publish as publishing
from custrata.service.rules import review
from custrata.service.rules.difference import Difference, compared
from custrata.service.rules.drafts import Draft, drafts
from custrata.service.rules.versions import Version, current, version, versions
from custrata.service.settings import settings

_PAGE = 20


class Publishing(Page):
    """Drafts on their way into force, and all versions that ever were."""

    title = lazy("Publishing")
    address = "publishing"
    icon = "fa-check-square-o"
    section = "rules"

    # --- looking --------------------------------------------------------------------------

    @expose("/")
    def index(self) -> str:
        """Open drafts, and the versions."""
        page = max(request.args.get("page", 1, type=typed.whole), 1)
        with store().database.read() as session:
            listed = versions(session, (page - 1) * _PAGE, _PAGE + 1)
            found = drafts(session) if page == 1 else ()
            four_eyes = settings(session).four_eyes
        return self.page(
            "panel/publishing/index.html",
            drafts=found,
            versions=listed[:_PAGE],
            older=url_for(".index", page=page + 1) if len(listed) > _PAGE else "",
            newer=url_for(".index", page=page - 1) if page > 1 else "",
            four_eyes=four_eyes,
            **_WORDS,
        )

    @expose("/draft/<int:number>")
    def draft(self, number: int) -> str:
        """What a reviewer reads."""
        return self._draft(number, [])

    @expose("/swap/draft/<int:number>")
    def swap_of_draft(self, number: int) -> str:
        """Who would move by a draft."""
        with store().database.read() as session:
            text = working.draft(session, number).text
        return self._swap(text)

    @expose("/swap/version/<int:number>")
    def swap_of_version(self, number: int) -> str:
        """Who would move back by an earlier version."""
        with store().database.read() as session:
            text = version(session, number).text
        return self._swap(text)

    @expose("/version/<int:number>")
    def version(self, number: int) -> str:
        """A version: who, when, why, what it changed, its text."""
        with store().database.read() as session:
            found = Version.of(version(session, number))
            in_force = current(session).number
            before = version(session, number - 1).text if number > 1 else None
        changes, faults = _told(before, found.text) if before is not None else ((), [])
        return self.page(
            "panel/publishing/version.html",
            found=found,
            in_force=in_force,
            changes=changes,
            faults=faults,
            **_WORDS,
        )

    @expose("/version/<int:number>.yaml")
    def text(self, number: int) -> Response:
        """Its text, as a file."""
        with store().database.read() as session:
            found = publishing.export_text(session, number)
        return attached(found, f"rules-{number}.yaml")

    @expose("/compare")
    def compare(self) -> str:
        """Any two versions."""
        with store().database.read() as session:
            newest = current(session).number
            a = request.args.get("a", max(newest - 1, 1), type=int)
            b = request.args.get("b", newest, type=int)
            before, after = version(session, a).text, version(session, b).text
        changes, faults = _told(before, after)
        return self.page(
            "panel/publishing/compare.html",
            a=a,
            b=b,
            newest=newest,
            changes=changes,
            faults=faults,
            same_text=before == after,
        )

    # --- a draft's way --------------------------------------------------------------------

    @expose("/draft/<int:number>/submit", methods=("POST",))
    @needs("draft")
    def submit(self, number: int) -> str | Response | tuple[str, int]:
        """Hand it in."""
        return self._do(
            number,
            lambda revision: review.submit(desk(), number, revision),
            _("The draft was handed in for review."),
        )

    @expose("/draft/<int:number>/approve", methods=("POST",))
    @needs("approve")
    def approve(self, number: int) -> str | Response | tuple[str, int]:
        """Say that it may be published."""
        return self._do(
            number,
            lambda revision: review.approve(desk(), number, revision, _comment()),
            _("You approved the draft."),
        )

    @expose("/draft/<int:number>/send-back", methods=("POST",))
    @needs("approve")
    def send_back(self, number: int) -> str | Response | tuple[str, int]:
        """Say that it is to be changed."""
        return self._do(
            number,
            lambda revision: review.send_back(desk(), number, revision, _comment()),
            _("You sent the draft back to be changed."),
        )

    @expose("/draft/<int:number>/publish", methods=("POST",))
    @needs("publish")
    def publish(self, number: int) -> str | Response | tuple[str, int]:
        """Bring it into force, now or at a time."""
        if request.form.get("when") == "later":
            return self._do(
                number,
                lambda revision: publishing.schedule(
                    desk(),
                    number,
                    revision,
                    typed.moment(request.form.get("at", ""), zone()),
                    _comment(),
                    _fires(),
                ),
                _("The draft will be published at the time that you named."),
            )
        return self._do(
            number,
            lambda revision: publishing.publish(desk(), number, revision, _comment(), _fires()),
            _("The rules are in force. Labels follow with the next run, which begins by itself."),
            back=url_for(".index"),
        )

    @expose("/draft/<int:number>/unschedule", methods=("POST",))
    @needs("publish")
    def unschedule(self, number: int) -> str | Response | tuple[str, int]:
        """Forget the time."""
        return self._do(
            number,
            lambda _revision: publishing.unschedule(desk(), number),
            _("The draft will not be published by itself any more."),
        )

    @expose("/draft/<int:number>/rebase", methods=("POST",))
    @needs("draft")
    def rebase(self, number: int) -> str | Response | tuple[str, int]:
        """Bring it up to the version in force."""
        return self._do(
            number,
            lambda _revision: working.rebase(desk(), number),
            _("The draft was brought up to the version in force. Look at it again."),
        )

    @expose("/draft/<int:number>/discard")
    @needs("draft")
    def ask_discard(self, number: int) -> str:
        """Ask before it is given up."""
        with store().database.read() as session:
            found = working.draft(session, number)
        return self.page("panel/publishing/discard.html", draft=found)

    @expose("/draft/<int:number>/discard", methods=("POST",))
    @needs("draft")
    def discard(self, number: int) -> str | Response | tuple[str, int]:
        """Give it up."""
        return self._do(
            number,
            lambda revision: working.discard(desk(), number, revision),
            _("The draft was given up. It stays to be read."),
            back=url_for(".index"),
        )

    # --- back -----------------------------------------------------------------------------

    @expose("/roll-back/<int:number>")
    @needs("publish")
    def ask_roll_back(self, number: int) -> str:
        """Show what going back would do."""
        return self._roll_back(number, [])

    @expose("/roll-back/<int:number>", methods=("POST",))
    @needs("publish")
    def roll_back(self, number: int) -> str | Response | tuple[str, int]:
        """Bring an earlier version into force again."""
        expected = request.form.get("expected", 0, type=int)
        try:
            landed = publishing.roll_back(desk(), number, _comment(), _fires(), expected)
        except CustrataError as error:
            return self._roll_back(number, said(error)), 422
        told = _("The rules of version %(old)s are in force again, as version %(new)s.")
        flash(told % {"old": number, "new": landed.number}, "success")
        return redirect(url_for(".index"))

    # --- parts ----------------------------------------------------------------------------

    def _do(
        self, number: int, act: Callable[[int], object], done: str, back: str | None = None
    ) -> str | Response | tuple[str, int]:
        """Do something with a draft; what is refused is told on its page, and nothing is lost."""
        try:
            act(request.form.get("revision", 0, type=int))
        except RulesError as error:
            return self._draft(number, said(error), of_text=True), 422
        except CustrataError as error:
            return self._draft(number, said(error)), 422
        flash(done, "success")
        return redirect(back or url_for(".draft", number=number))

    def _draft(self, number: int, refused: list[str], *, of_text: bool = False) -> str:
        """The page; what is wrong with the text (`of_text`) is not told twice."""
        with store().database.read() as session:
            found = working.draft(session, number)
            base = version(session, found.base).text
            chosen = settings(session)
        wrong = wrong_with(found)
        changes = ((), []) if wrong else _told(base, found.text)
        return self.page(
            "panel/publishing/draft.html",
            draft=found,
            refused=[] if of_text and wrong else refused,
            wrong=wrong,
            changes=changes[0],
            faults=changes[1],
            four_eyes=chosen.four_eyes,
            own=desk().by in found.authors,
            open=found.state in working.OPEN,
            comment=request.form.get("comment", ""),
            at=request.form.get("at", ""),
            zone=zone().key,
            **_WORDS,
        )

    def _roll_back(self, number: int, refused: list[str]) -> str:
        with store().database.read() as session:
            found, newest = version(session, number), current(session)
            texts = newest.text, found.text
            in_force = newest.number
        changes, faults = _told(*texts)
        return self.page(
            "panel/publishing/roll_back.html",
            number=number,
            in_force=in_force,
            refused=refused,
            changes=changes,
            faults=faults,
            same=texts[0] == texts[1],
            comment=request.form.get("comment", ""),
        )

    def _swap(self, text: str) -> str:
        return self.page("panel/publishing/swap.html", swap=swap_of(desk(), text))


_WORDS: dict[str, Any] = {"states": STATES, "kinds": KINDS}


def state_of(found: Draft) -> str:
    """A key of `STATES`: an approved draft has one of its own."""
    if found.publish_at is not None:
        return "scheduled"
    return "approved" if found.approved else found.state


_WORDS["state_of"] = state_of


def _told(before: str, after: str) -> tuple[tuple[str, ...], list[str]]:
    """A difference in the reader's words; or what is wrong with the rules by now."""
    try:
        found: Difference = compared(before, after)
    except CustrataError as error:
        return (), said(error)
    return found.told(language(), lambda text: str(_(text)), number), []


def _comment() -> str | None:
    return request.form.get("comment") or None


def _fires() -> bool:
    return request.form.get("fires") == "1"
