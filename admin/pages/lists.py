"""Lists to work through: whom to win back, what to sell besides, who sends others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin import typed
from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.files import attached
from custrata.admin.here import desk, zone
from custrata.admin.language import _, lazy
from custrata.admin.page import Answer, Page
from custrata.admin.pages.showing import Shown
from custrata.engine.diagnostics import DataError
from custrata.service.audit import taken_out
from custrata.service.downloads import ENDINGS, table_file
from custrata.service.figures import latest
from custrata.service.figures.shares import LONGEST
from custrata.service.sales import cross_selling
from custrata.service.sales.lists import has_own, referrers, win_back

MINE, ALL = "mine", "all"


class Lists(Page):
    """Customers of whom something can be made, each with why she is there."""

    title = lazy("Lists")
    address = "lists"
    icon = "fa-list-ol"
    section = "sales"

    @expose("/")
    def index(self) -> str:
        """Whom to win back."""
        whose = _whose()
        with desk().database.read() as session:
            found = win_back(session, whose.owner, _place())
            run = latest(session)
        return self._page("win_back", whose, found=found, run=run, shown=Shown())

    @expose("/cross-selling")
    def cross_selling(self) -> Answer:
        """Who bought one product and not the other."""
        try:
            return self._cross_selling()
        except DataError as error:
            return self._cross_selling(said(error)), 422

    @expose("/referrals")
    def referrals(self) -> str:
        """Who sent others, and what those brought."""
        whose = _whose()
        with desk().database.read() as session:
            found = referrers(session, whose.owner, _place())
            run = latest(session)
        return self._page("referrals", whose, found=found, run=run)

    @expose("/<which>.<ending>")
    @needs("export")
    def file(self, which: str, ending: str) -> Response:
        """A list as a file; that somebody took it leaves an event."""
        tables = {
            "win-back": _win_back_rows,
            "cross-selling": _cross_selling_rows,
            "referrals": _referral_rows,
        }
        if which not in tables or ending not in ENDINGS:
            abort(404)
        head, *rows = tables[which](_whose().owner)
        taken_out(desk(), len(rows), list=which)
        return attached(table_file(head, rows, ending), f"{which}.{ending}")

    def _cross_selling(self, faults: Sequence[str] = ()) -> str:
        bought, lacking = request.args.get("bought", ""), request.args.get("lacking", "")
        whose, found = _whose(), None
        with desk().database.read() as session:
            run = latest(session)
            known = cross_selling.products(run) if run else []
            pairs = cross_selling.pairs(run) if run else []
            if bought and lacking and not faults:
                after = request.args.get("after")
                found = cross_selling.candidates(session, bought, lacking, whose.owner, after)
        values = {"bought": bought, "lacking": lacking, "products": known, "pairs": pairs}
        return self._page(
            "cross_selling", whose, found=found, run=run, faults=list(faults), **values
        )

    def _page(self, name: str, whose: Whose, **values: Any) -> str:
        return self.page(
            f"panel/lists/{name}.html", whose=whose, tab=name, longest=LONGEST, **values
        )


@dataclass(frozen=True)
class Whose:
    """Whose customers are shown.

    Attributes:
        owner: the salesperson who looks; None for everyone's.
        has_own: whether she has any.
    """

    owner: str | None
    has_own: bool

    @property
    def word(self) -> str:
        """As addresses have it."""
        return MINE if self.owner else ALL


def _whose() -> Whose:
    """As it is asked for; else her own where she has any."""
    me = desk().by
    with desk().database.read() as session:
        own = has_own(session, me)
    mine = request.args.get("whose", MINE if own else ALL) == MINE
    return Whose(me if mine else None, own)


def _place() -> int:
    """The place after which a list goes on; of what is none, its beginning."""
    try:
        return typed.whole(request.args.get("after", ""))
    except ValueError:
        return 0


# --- files --------------------------------------------------------------------------------


def _win_back_rows(owner: str | None) -> Iterator[list[Any]]:
    shown = Shown()
    yield [
        *_who_head(),
        _("Why"),
        _("Last sale"),
        _("Worth in a year"),
        _("Reason"),
        _("Went to"),
    ]
    with desk().database.read() as session:
        found = win_back(session, owner, limit=LONGEST)
    for one in found.rows:
        why = "; ".join(shown.label(*each) for each in one.why)
        reason = one.reason and shown.value("lost_reason", one.reason)
        yield [*_who(one), why, one.last_sale, one.worth, reason, one.to]


def _referral_rows(owner: str | None) -> Iterator[list[Any]]:
    yield [*_who_head(), _("Customers sent to us"), _("Of these bought"), _("They brought")]
    with desk().database.read() as session:
        found = referrers(session, owner, limit=LONGEST)
    for one in found.rows:
        yield [*_who(one), one.referred, one.bought, one.brought]


def _cross_selling_rows(owner: str | None) -> Iterator[list[Any]]:
    bought, lacking = request.args.get("bought", ""), request.args.get("lacking", "")
    yield [*_who_head(), _("Bought"), _("Not yet"), _("Last bought"), _("Paid for it in all")]
    with desk().database.read() as session:
        found = cross_selling.candidates(session, bought, lacking, owner, limit=LONGEST)
    for one in found.rows:
        last = one.last and one.last.astimezone(zone()).date()
        yield [*_who(one), bought, lacking, last, one.amount]


def _who_head() -> list[str]:
    return [_("Customer number"), _("Name"), _("Telephone"), _("Salesperson")]


def _who(one: Any) -> list[Any]:
    return [one.customer_id, one.name, one.phone, one.owner]
