"""`custrata demo`: what became of a made-up firm's customers in three months."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custrata.cli.called import Called
from custrata.cli.options import option_name
from custrata.cli.progress import Progress
from custrata.cli.prose import told
from custrata.cli.run import REASONS
from custrata.cli.segments import segment_tables
from custrata.cli.serve import until_stopped
from custrata.cli.store import desk_at
from custrata.cli.text import _, indent, number, plural, program, table
from custrata.engine.model import RECORDS

if TYPE_CHECKING:
    from custrata.service.demo.made_up import MadeUp
    from custrata.service.demo.story import Portrait, Story
    from custrata.store.models import LabelChange

_MOVES, _WAITING, _CLASSIFIERS, _CHANGES = 6, 10, 4, 8
"""So many are shown: moves of a classifier, customers to contact, classifiers in moves and in
portraits, changes of a portrait."""


def show(
    folder: Path, url: str | None, last_day: date | None, fresh: bool, port: int | None
) -> None:
    """Make the firm or open it, print what there is to tell, and serve it on `port`."""
    from custrata.service.demo.made_up import made_up

    with Progress(lines=True) as progress:
        shown = made_up(folder, url, last_day, fresh, progress, again=port is None)
    if shown.story:
        for part in _parts(shown, shown.story):
            click.echo("\n" + part)
    if port is not None:
        _serve(url or shown.url, port)


def _parts(shown: MadeUp, story: Story) -> Sequence[str]:
    sizes = segment_tables(story.sizes, story.names, story.customers)
    told = (_title(story), sizes, _moves(story), _waiting(story), _portraits(story))
    return (*told, _files(shown), _next(shown, story))


def _serve(url: str, port: int) -> None:
    from custrata.service.demo.people import PASSWORD, SELLER
    from custrata.service.people.roles import ROLES

    told = _(
        "sign in as {logins}, or as {seller}, who sells and has customers of her own;\n"
        "the password of each is: {password}"
    )
    logins = ", ".join(reversed(ROLES))
    with desk_at(url) as desk:
        click.echo("\n" + told.format(logins=logins, seller=SELLER, password=PASSWORD))
        until_stopped(desk, "127.0.0.1", port)


def _title(story: Story) -> str:
    text = _(
        "{customers} customers of a made-up trader of tea and coffee, as of {day}.\n"
        "Its store was lived through week by week since {first}: the news of a week came\n"
        "in, then everyone was classified. {newcomers} customers are new since then."
    )
    return text.format(
        customers=number(story.customers),
        day=story.as_of,
        first=story.first,
        newcomers=number(story.newcomers),
    )


def _moves(story: Story) -> str:
    title = _("Who moved since {first}, and why:").format(first=story.first)
    shown = list(story.sizes)[:_CLASSIFIERS]
    parts = [_moves_of(story, classifier) for classifier in shown]
    rest = sum(one.customers for one in story.flows if one.classifier not in shown)
    told = _("and {count} moves in the other {systems} systems: the panel shows them")
    more = indent(told.format(count=number(rest), systems=len(story.sizes) - len(shown)))
    return "\n\n".join([title, *filter(None, parts), *([more] if rest else [])])


def _moves_of(story: Story, classifier: str) -> str:
    """The largest flows of a classifier; empty where nobody moved."""
    flows = [one for one in story.flows if one.classifier == classifier]
    if not flows:
        return ""
    names = Called(story.names, frozenset(story.sizes))
    rows = [
        [
            names.label(classifier, one.was),
            names.label(classifier, one.label),
            REASONS[one.why],
            number(one.customers),
        ]
        for one in flows[:_MOVES]
    ]
    head = [_("{name}: from").format(name=names.classifier(classifier)), _("to"), _("why")]
    lines = [table([*head, _("moves")], rows, left=3)]
    rest = sum(one.customers for one in flows[_MOVES:])
    if rest:
        more = plural("and {count} move more", "and {count} moves more", rest)
        lines.append(more.format(count=number(rest)))
    return indent("\n".join(lines))


def _waiting(story: Story) -> str:
    overdue = story.overdue
    title = _("{count} customers are not to be forgotten; those nearest to a sale:")
    rows = [
        [
            one.customer_id,
            one.name or "-",
            one.stage or "-",
            one.owner or _("nobody"),
            number(one.days),
        ]
        for one in overdue[:_WAITING]
    ]
    head = [_("customer"), _("name"), _("stage"), _("whose"), _("days without attention")]
    counted = Counter(one.owner or _("nobody") for one in overdue).most_common()
    shares = ", ".join(f"{owner} {count}" for owner, count in counted)
    return "\n\n".join(
        [
            title.format(count=number(len(overdue))),
            indent(table(head, rows, left=4)),
            indent(_("to contact, by salesperson: {shares}").format(shares=shares)),
        ]
    )


def _portraits(story: Story) -> str:
    title = _("Customers who moved, why they are where they are, and how they came there:")
    return "\n\n".join([title, *(_portrait(story, one) for one in story.portraits)])


def _portrait(story: Story, one: Portrait) -> str:
    title = _("Customer {customer}, {name}").format(customer=one.customer_id, name=one.name or "-")
    tables = {table.name: table for table in story.engine.ruleset.classifiers}
    shown = list(tables)[:_CLASSIFIERS]
    reasons = [
        told(tables[reason["classifier"]], reason, story.names)
        for reason in one.explanations
        if reason["classifier"] in shown
    ]
    changes = [change for change in one.changes if change.classifier in shown]
    return "\n".join([title, *map(indent, reasons), indent(_history(story, changes))])


def _history(story: Story, changes: Sequence[LabelChange]) -> str:
    names = story.names
    head = [_("since"), "", _("from"), _("to"), _("why")]
    rows = [
        [
            str(one.valid_from),
            names.classifier(one.classifier),
            names.label(one.classifier, one.was) if one.was else "-",
            names.label(one.classifier, one.label) if one.label else "-",
            REASONS[one.why],
        ]
        for one in changes[-_CHANGES:]
    ]
    return table(head, rows, left=5)


def _files(shown: MadeUp) -> str:
    says = {
        "rules": _("the rules that were used"),
        "draft": _("a copy of the rules, yours to change"),
        "customers": _("the customer book, with a file for each record beside it"),
    }
    places = {str(shown.files[kind]): text for kind, text in says.items()}
    places[shown.url] = _("the store")
    width = max(map(len, places))
    lines = [f"{place:{width}}  {text}" for place, text in places.items()]
    return _("The files:") + "\n" + indent("\n".join(lines))


def _next(shown: MadeUp, story: Story) -> str:
    words = {kind: shlex.quote(str(path)) for kind, path in shown.files.items()}
    words |= {"program": program(), "url": shlex.quote(shown.url)}
    told = {"day": story.as_of, "customer": _somebody(story)}
    inputs = [f"{option_name(record)} {words[record]}" for record in RECORDS if record in words]
    parts = [
        _("What next? Another day has come. Who moved, and who is not to be forgotten now?"),
        "  {program} run --database {url}",
        _("What was known of a customer, and when:"),
        "  {program} history {customer} --database {url}",
        _(
            "Change a number in {draft}, such as 60 days to 45 in the line\n"
            "marked (1). Then see who would move, before anybody is moved:"
        ),
        "  {program} what-if --rules {rules} --draft {draft} --as-of {day}",
    ]
    return " \\\n      ".join(["\n".join(parts).format(**words, **told), *inputs])


def _somebody(story: Story) -> str:
    """A customer to look at."""
    moved = [one.customer_id for one in story.portraits]
    return next(iter([*moved, *(one.customer_id for one in story.overdue)]), "KH00001")
