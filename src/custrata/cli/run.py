"""`custrata run` and `custrata history`: classify all customers of a store, and ask the past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import click

from custrata.cli.called import Called, called
from custrata.cli.faults import print_warnings
from custrata.cli.options import as_of_option, parse_day
from custrata.cli.progress import Progress
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, indent, number, plural, table

if TYPE_CHECKING:
    from custrata.service.runs import Flow, Had, RunSummary
    from custrata.store.models import LabelChange

RUN_HELP = _("""Classify all customers of the store by the rules in force. Only what changed is
written, all of it or nothing; one run at a time.

\b
Examples:
  custrata run
  custrata run --database postgresql://crm@db/crm --keep-cut-points
  custrata run --back-fill 2026-10-01 2026-10-31""")

HISTORY_HELP = _("""Show which labels a customer had, since when, and why they changed.

\b
Examples:
  custrata history C-1042
  custrata history C-1042 --on 2026-09-30 --known-at 2026-10-02""")

REASONS = {
    "first": _("first classified"),
    "facts": _("something became known"),
    "day": _("time went by"),
    "calibration": _("cut points moved"),
    "rules": _("the rules changed"),
    "plugin": _("a plugin changed"),
    "back_fill": _("found out afterwards"),
    "consent": _("consent withdrawn"),
}
"""Why a label changed, in words."""


@click.command(help=RUN_HELP, short_help=_("Classify all customers of the store."))
@as_of_option(required=False)
@click.option(
    "--keep-cut-points",
    is_flag=True,
    help=_("Keep the cut points that the last run found, instead of finding them anew."),
)
@click.option(
    "--back-fill",
    nargs=2,
    metavar="FIRST LAST",
    help=_("Find out labels of past days instead; those of now stay as they are."),
)
@database_option
def run(
    as_of: date | None,
    keep_cut_points: bool,
    back_fill: tuple[str, str] | None,
    database: str | None,
) -> None:
    """See RUN_HELP."""
    from custrata.service import runs

    days = [_day(text) for text in back_fill or ()]
    if days and (as_of or keep_cut_points):
        raise click.UsageError(_("--back-fill goes with neither --as-of nor --keep-cut-points"))
    with desk_at(database) as desk, Progress(lines=True) as progress:
        if days:
            first, last = days
            found = runs.back_fill(desk, first, last, progress)
        else:
            kept = not keep_cut_points
            found = (runs.run(desk, as_of=as_of, recalibrate=kept, progress=progress),)
        names = called(desk)
    for one in found:
        print_warnings(one.diagnostics)
        click.echo(described(one, names))


@click.command(help=HISTORY_HELP, short_help=_("Show which labels a customer had, and why."))
@click.argument("customer")
@click.option("--on", "day", callback=parse_day, metavar="DATE", help=_("Only as of this day."))
@click.option(
    "--known-at",
    callback=parse_day,
    metavar="DATE",
    help=_("As it was known at the end of this day (UTC), without what was learned later."),
)
@database_option
def history(customer: str, day: date | None, known_at: date | None, database: str | None) -> None:
    """See HISTORY_HELP."""
    if known_at and not day:
        raise click.UsageError(_("--known-at needs --on"))
    from custrata.service import runs
    from custrata.service.customers.touched import need_customer

    with desk_at(database) as desk:
        names = called(desk)
        with desk.database.read() as session:
            need_customer(session, customer)
            changes = runs.history(session, customer)
            if not changes:
                click.echo(_("no label of this customer is known yet"))
            elif day is None:
                click.echo(_changes(changes, names))
            else:
                moment = _end(known_at) if known_at else None
                click.echo(_had(runs.labels_on(session, customer, day, moment), names))


def _had(had: Mapping[str, Had], names: Called) -> str:
    """The labels of a day."""
    head = [_("classifier"), _("label"), _("since"), _("why"), _("rules")]
    rows = [
        [
            names.classifier(name),
            names.label(name, one.label),
            str(one.since),
            REASONS[one.why],
            str(one.version),
        ]
        for name, one in had.items()
    ]
    return table(head, rows, left=4) if rows else _("no label was known of that day")


def described(one: RunSummary, names: Called) -> str:
    """What a run did: how many customers, and who moved where for which reason."""
    title = _("{customers} customers as of {day}, by version {version} of the rules: {changes}")
    text = title.format(
        customers=number(one.customers),
        day=one.as_of,
        version=one.version,
        changes=_("nothing changed")
        if not one.changed
        else plural("{count} label changed", "{count} labels changed", one.changed).format(
            count=number(one.changed)
        ),
    )
    lines = [text, *([left_out(one.left_out)] if one.left_out else [])]
    return "\n".join([*lines, *([indent(_flows(one.flows, names))] if one.flows else [])])


def left_out(customers: int) -> str:
    """That so many may not be classified."""
    one = _("{count} customer is left out for want of consent")
    many = _("{count} customers are left out for want of consent")
    return plural(one, many, customers).format(count=number(customers))


def _flows(flows: Sequence[Flow], names: Called) -> str:
    head = [_("classifier"), _("from"), _("to"), _("why"), _("customers")]
    rows = [
        [
            names.classifier(one.classifier),
            names.label(one.classifier, one.was),
            names.label(one.classifier, one.label),
            REASONS[one.why],
            number(one.customers),
        ]
        for one in flows
    ]
    return table(head, rows, left=4)


def _changes(changes: Sequence[LabelChange], names: Called) -> str:
    head = [_("day"), _("classifier"), _("from"), _("to"), _("why"), _("recorded")]
    rows = [
        [
            str(one.valid_from),
            names.classifier(one.classifier),
            names.label(one.classifier, one.was),
            names.label(one.classifier, one.label),
            REASONS[one.why],
            f"{one.recorded_at:%Y-%m-%d %H:%M} UTC",
        ]
        for one in changes
    ]
    return table(head, rows, left=6)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            _("{text!r} is no date; write it as 2026-11-21").format(text=text)
        ) from None


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)
