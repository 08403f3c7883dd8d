"""The morning page in words: for the page itself, for mail, for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from custrata.admin.here import engine, zone
from custrata.admin.language import _, day, language, money, month, ngettext, number, percent
from custrata.admin.pages.naming import Called
from custrata.service.registers.staff import names_of_staff
from custrata.service.registers.steps import step_name, steps
from custrata.service.sales.fallen import Fallen
from custrata.service.sales.morning import Complaint, Effort, Month, Morning
from custrata.service.sales.scope import EVERYONE, MINE, Scope
from custrata.service.sales.waiting import Birthday, Deal, Found, Lead, Who

Of = TypeVar("Of")
SHOWN = 8
"""So many rows of a section are shown at first, and in a mail."""


@dataclass(frozen=True)
class Words:
    """What codes are called: steps of opportunities, people, labels."""

    steps: Mapping[str, str]
    people: Mapping[str, str]
    called: Called

    def person(self, code: str | None) -> str:
        """The name of a salesperson; by her code where the register has none."""
        return self.people.get(code, code) if code else _("nobody")


def words_of(session: Any) -> Words:
    """Those of a store, in the reader's language."""
    named = {one.code: step_name(one, language()) for one in steps(session)}
    return Words(named, names_of_staff(session), Called([engine()]))


@dataclass(frozen=True)
class Line:
    """A customer with what there is to tell; `owner` is empty where it is about one alone."""

    customer_id: str
    name: str
    about: str
    owner: str


@dataclass(frozen=True)
class Section:
    """A part of the page: a heading, how many there are, the first of them.

    Attributes:
        key: tells it from the others. none: what is said where there is nothing.
    """

    key: str
    title: str
    count: str
    lines: tuple[Line, ...]
    none: str

    @property
    def further(self) -> bool:
        """Whether there are more than these."""
        return self.count not in ("", number(len(self.lines)))


@dataclass(frozen=True)
class Figure:
    """A number with its name, and what to hold it against.

    Attributes:
        tone: as of badges. key: tells it from others.
    """

    name: str
    value: str
    note: str = ""
    tone: str = "plain"
    key: str = ""


@dataclass(frozen=True)
class Told:
    """The whole page."""

    title: str
    subtitle: str
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]
    lacking: tuple[Figure, ...]


def told(found: Morning, words: Words, shown: int | None = SHOWN) -> Told:
    """The page of a scope, in the reader's language.

    Args:
        shown: so many of each section; None for all.
    """
    alone = found.scope.name == MINE
    return Told(
        title=_("Morning of %(day)s", day=day(found.today)),
        subtitle=f"{scope_name(found.scope)} · {_as_of(found.as_of)}",
        figures=(_revenue(found.month), *_efforts(found.yesterday), *_efforts(found.so_far)),
        sections=tuple(_sections(found, _Teller(words, found.today, alone), shown)),
        lacking=tuple(_lacking(found)),
    )


def scope_name(scope: Scope) -> str:
    """Whose customers they are."""
    if scope.name == MINE:
        return _("My customers")
    return _("Everyone's customers") if scope.name == EVERYONE else _team(scope.team or "")


def _team(name: str) -> str:
    return _("Team %(name)s", name=name)


def _as_of(found: date | None) -> str:
    if found is None:
        return _("no run has landed yet")
    return _("as of the run of %(day)s", day=day(found))


# --- figures ------------------------------------------------------------------------------


def _revenue(found: Month) -> Figure:
    name = _("Revenue in %(month)s", month=month(found.first))
    value = money(found.brought.revenue if found.brought else None)
    if found.target is None:
        return Figure(name, value, _("no target"))
    note = _(
        "%(share)s of %(target)s; %(gone)s of the open days are over",
        share=percent(_float(found.reached), 0),
        target=money(found.target),
        gone=percent(_float(found.gone), 0),
    )
    tones = {None: "plain", True: "good", False: "warn"}
    return Figure(name, value, note, tones[found.on_its_way])


def _efforts(found: Effort) -> Iterator[Figure]:
    done = found.done
    days = day(found.since)
    if found.since != found.until:
        days = _("%(first)s to %(last)s", first=day(found.since), last=day(found.until))
    yield Figure(_("Calls, %(days)s", days=days), number(done.calls), _reached(found))
    yield Figure(
        _("Visits, %(days)s", days=days), number(done.visits), _planned(Fraction(done.planned))
    )


def _reached(found: Effort) -> str:
    reached = number(found.done.reached)
    if found.calls_planned is None:
        return _("%(reached)s of them reached somebody; there is no plan.", reached=reached)
    return _(
        "%(reached)s of them reached somebody; %(planned)s were planned.",
        reached=reached,
        planned=_tenths(found.calls_planned),
    )


def _planned(found: Fraction) -> str:
    return _("%(count)s planned", count=_tenths(found))


def _tenths(found: Fraction) -> str:
    return number(round(Decimal(found.numerator) / Decimal(found.denominator), 1).normalize())


def _lacking(found: Morning) -> Iterator[Figure]:
    if found.lacking is None:
        return
    if found.lacking.owner is not None:
        yield Figure(_("Without a salesperson"), number(found.lacking.owner), key="owner")
    yield Figure(_("Without a source"), number(found.lacking.source), key="source")
    yield Figure(_("Without a telephone number"), number(found.lacking.phone))


def _float(share: Fraction | None) -> float | None:
    return None if share is None else float(share)


# --- sections -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Teller:
    """Tells of customers. `alone`: the owner goes without saying."""

    words: Words
    today: date
    alone: bool

    def line(self, who: Who, about: str, owner: str | None = None) -> Line:
        shown = "" if self.alone else self.words.person(owner or who.owner)
        return Line(who.customer_id, who.name or who.customer_id, about, shown)

    def lead(self, one: Lead) -> Line:
        since = _("since %(day)s", day=day(one.created)) if one.created else _("of an unknown day")
        if not one.reached and one.who.owner is None:
            return self.line(one.who, _("%(since)s: nobody's, and not reached", since=since))
        if one.who.owner is None:
            return self.line(one.who, _("%(since)s: nobody's", since=since))
        return self.line(one.who, _("%(since)s: not reached yet", since=since))

    def stalled(self, one: Deal) -> Line:
        days = (self.today - one.changed_at.astimezone(zone()).date()).days
        about = ngettext(
            "%(amount)s has stood at “%(step)s” for %(num)s day.",
            "%(amount)s has stood at “%(step)s” for %(num)s days.",
            days,
            **self._deal(one),
        )
        return self.line(one.who, about, one.owner)

    def closing(self, one: Deal) -> Line:
        assert one.expected_close is not None
        about = _(
            "%(amount)s at “%(step)s” is expected on %(day)s.",
            day=day(one.expected_close),
            **self._deal(one),
        )
        return self.line(one.who, about, one.owner)

    def _deal(self, one: Deal) -> dict[str, str]:
        amount = _("An unknown amount") if one.amount is None else money(one.amount)
        return {"amount": amount, "step": self.words.steps.get(one.step, one.step)}

    def fallen(self, one: Fallen) -> Line:
        called, name = self.words.called, one.classifier
        about = _(
            "%(classifier)s: from %(was)s to %(now)s",
            classifier=called.classifier(name),
            was=called.label(name, one.was),
            now=called.label(name, one.label),
        )
        return self.line(one.who, about)

    def complaint(self, one: Complaint) -> Line:
        days = (self.today - _local(one.due_at)).days
        about = ngettext("%(num)s day overdue", "%(num)s days overdue", days)
        return self.line(one.who, about if days else _("due today"), one.owner)

    def birthday(self, one: Birthday) -> Line:
        if one.day == self.today:
            about = ngettext(
                "The customer is %(num)s year old today.",
                "The customer is %(num)s years old today.",
                one.age,
            )
        else:
            about = ngettext(
                "The customer will be %(num)s year old on %(day)s.",
                "The customer will be %(num)s years old on %(day)s.",
                one.age,
                day=day(one.day),
            )
        return self.line(one.who, about)


def _local(moment: datetime) -> date:
    return moment.astimezone(zone()).date()


def _sections(found: Morning, teller: _Teller, shown: int | None) -> Iterator[Section]:
    section = partial(_section, shown)
    yield section(
        ("leads", _("New leads not called or not assigned")),
        found.leads,
        teller.lead,
        _("Every new lead was reached and has a salesperson."),
    )
    yield section(
        ("stalled", _("Opportunities that stand still")),
        found.stalled,
        teller.stalled,
        _("No opportunity stands still."),
    )
    yield section(
        ("closing", _("Opportunities to close this week")),
        found.closing,
        teller.closing,
        _("None is expected this week."),
    )
    yield section(
        ("fallen", _("Key customers who fell")),
        found.fallen,
        teller.fallen,
        _("Nobody important fell in the last run."),
    )
    yield section(
        ("complaints", _("Overdue complaints")),
        found.complaints,
        teller.complaint,
        _("No complaint is overdue."),
    )
    yield section(
        ("birthdays", _("Birthdays of the week")),
        found.birthdays,
        teller.birthday,
        _("Nobody has a birthday in the next seven days."),
    )


def _section(
    shown: int | None,
    called: tuple[str, str],
    found: Found[Of],
    tell: Callable[[Of], Line],
    none: str,
) -> Section:
    count = number(found.count) + ("+" if found.more else "")
    return Section(*called, count, tuple(map(tell, found.rows[:shown])), none)
