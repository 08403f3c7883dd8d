"""The sales brief in words: figures and tables, for the page and for a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from custrata.admin.charts import Item
from custrata.admin.language import _, day, money, month, number, percent
from custrata.admin.morning_words import Figure, Words, scope_name
from custrata.admin.pages.customer_words import CHANNEL_WORDS
from custrata.service.sales.brief import Brief
from custrata.service.workbooks import Chart, Sheet

Row = tuple[Any, ...]


def period_words(found: Brief) -> str:
    """The days that it is of."""
    return _("%(first)s to %(last)s", first=day(found.since), last=day(found.until))


def subtitle(found: Brief) -> str:
    """Whose, of which days, as of when."""
    if found.as_of is None:
        return f"{scope_name(found.scope)} · {_('no run has landed yet')}"
    told = _("revenue, customers and complaints as of the run of %(day)s", day=day(found.as_of))
    return f"{scope_name(found.scope)} · {period_words(found)} · {told}"


def figures(found: Brief) -> list[Figure]:
    """The figures, as they are shown."""
    return [
        Figure(name, money(value) if isinstance(value, Decimal) else number(value), note)
        for name, value, note in _figures(found)
    ]


def _figures(found: Brief) -> Iterator[tuple[str, Any, str]]:
    """Name, value (a number, or None for not known), what it is to be held against."""
    brought, done = found.brought, found.efforts
    yield _("Revenue"), brought and brought.revenue, _against(found)
    yield _("Sales"), brought and brought.sales, ""
    yield _("New customers"), brought and brought.created, ""
    yield _("Customers won"), brought and brought.won, _("with their first sale")
    yield _("Customers lost"), brought and brought.lost, ""
    yield _("Contacts"), done and done.contacts, _("that reached somebody")
    visits = _("%(count)s planned", count=number(done.planned)) if done else ""
    yield _("Visits"), done and done.visits, visits
    settled = _("%(count)s of them settled", count=number(brought.settled)) if brought else ""
    yield _("Complaints opened"), brought and brought.complaints, settled


def _against(found: Brief) -> str:
    if found.target is None:
        return _("no target of these days")
    brought = found.brought
    share = brought.revenue / found.target if brought and found.target else None
    return _("%(share)s of %(target)s", share=percent(share, 0), target=money(found.target))


def month_items(found: Brief) -> list[Item]:
    """Revenue by month beside its target."""
    return [
        Item(
            month(one.month),
            float(one.brought.revenue),
            money(one.brought.revenue),
            second=None if one.target is None else float(one.target),
            second_shown=money(one.target),
        )
        for one in found.months
    ]


def funnel_items(found: Brief, words: Words) -> list[Item]:
    """The steps of the funnel."""
    return [
        Item(_step(words, one.code), one.count, number(one.count), note=money(one.amount))
        for one in found.funnel.steps
    ]


def channel_rows(found: Brief) -> list[tuple[str, int]]:
    """Contacts by channel, the most first."""
    channels: Mapping[str | None, int] = found.efforts.channels if found.efforts else {}
    ordered = sorted(channels.items(), key=lambda pair: (-pair[1], pair[0] or ""))
    return [(_channel(name), count) for name, count in ordered]


def move_rows(found: Brief, words: Words) -> list[tuple[str, str, int]]:
    """From which label to which how many went."""
    if found.moves is None:
        return []
    name, called = found.moves.classifier, words.called
    return [
        (called.label(name, was), called.label(name, label), count)
        for was, label, count in found.moves.largest
    ]


def sheets(found: Brief, words: Words) -> list[Sheet]:
    """The brief as sheets of a workbook."""
    all_of_them = [
        Sheet(_("Brief"), [_("Figure"), _("Value"), _("Note")], _summary(found)),
        _months(found),
        _funnel(found, words),
    ]
    if found.people:
        all_of_them.append(_people(found, words))
    if found.efforts:
        head = [_("Channel"), _("Contacts")]
        all_of_them.append(Sheet(_("Contacts"), head, channel_rows(found)))
    if found.best is not None:
        all_of_them.append(_best(found, words))
    if found.moves:
        head = [_("From"), _("To"), _("Customers")]
        all_of_them.append(Sheet(_("Moves"), head, move_rows(found, words)))
    return all_of_them


def _summary(found: Brief) -> list[Row]:
    head = [
        (_("Whose customers"), scope_name(found.scope), ""),
        (_("From"), found.since, ""),
        (_("To"), found.until, ""),
        (_("As of the run of"), found.as_of, ""),
    ]
    return [*head, *_figures(found), (_("Target"), found.target, "")]


def _months(found: Brief) -> Sheet:
    rows = [
        (month(one.month), one.brought.revenue, one.target, one.brought.sales, one.brought.won)
        for one in found.months
    ]
    head = [_("Month"), _("Revenue"), _("Target"), _("Sales"), _("Customers won")]
    chart = Chart("column", _("Revenue by month"), (1, 2))
    return Sheet(_("Months"), head, rows, chart)


def _funnel(found: Brief, words: Words) -> Sheet:
    rows = [
        (_step(words, one.code), one.count, one.amount, one.conversion)
        for one in found.funnel.steps
    ]
    head = [_("Step"), _("Came this far"), _("Amount"), _("Go on to the next")]
    return Sheet(_("Funnel"), head, rows, Chart("bar", _("Funnel"), (1,)))


def _people(found: Brief, words: Words) -> Sheet:
    rows = [
        (
            *(words.person(one.owner), one.brought.revenue, one.target, one.brought.sales),
            *(one.brought.created, one.brought.won, one.brought.lost),
        )
        for one in found.people
    ]
    head = [
        *(_("Salesperson"), _("Revenue"), _("Target"), _("Sales")),
        *(_("New customers"), _("Customers won"), _("Customers lost")),
    ]
    return Sheet(_("Sales team"), head, rows)


def _best(found: Brief, words: Words) -> Sheet:
    rows = [
        (one.who.customer_id, one.who.name, words.person(one.who.owner), one.revenue)
        for one in found.best or ()
    ]
    head = [_("Customer number"), _("Name"), _("Salesperson"), _("Revenue")]
    return Sheet(_("Customers"), head, rows)


def _step(words: Words, code: str) -> str:
    return words.steps.get(code, code)


def _channel(name: str | None) -> str:
    return str(CHANNEL_WORDS.get(name, name)) if name else _("not known")
