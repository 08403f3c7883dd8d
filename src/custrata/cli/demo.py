"""`custrata demo`: sample data in, classified, and how to go on."""

from __future__ import annotations

import shlex
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custrata.cli.progress import Progress
from custrata.cli.prose import told
from custrata.cli.text import _, indent, money, number, percent, program, table

if TYPE_CHECKING:
    from custrata.service.demo import Demo

HELP = _("""Classify the customers of CDNOW, a music shop of 1997, by the rules that ship.

Writes labels, reasons and a copy of the rules to play with into a folder, and shows what came
of it.""")


@click.command(help=HELP, short_help=_("Classify sample data and see what comes of it."))
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("custrata-demo"),
    show_default=True,
    metavar="FOLDER",
    help=_("Where the files go; made if missing."),
)
@click.option("--no-serve", is_flag=True, hidden=True)
def demo(folder: Path, no_serve: bool) -> None:
    """See HELP."""
    from custrata.service.demo import demo as run

    with Progress(lines=True) as progress:
        shown = run(folder, progress)
    for part in (_title(shown), _segments(shown), _stories(shown), _files(shown), _next(shown)):
        click.echo("\n" + part)


def _title(shown: Demo) -> str:
    text = _("{customers} customers of CDNOW, an online music shop, classified as of {day}.")
    lacks = _(
        "The data hold purchases alone, in US dollars. They have no contacts, so nobody can be\n"
        "said to be overdue for one; and no survey answers, so loyalty rests on the chance of\n"
        "buying again within 90 days, estimated from each customer's own rhythm."
    )
    return text.format(customers=number(shown.customers), day=shown.as_of) + "\n" + lacks


def _segments(shown: Demo) -> str:
    title = _("Segments, with the revenue of the last 365 days:")
    parts = [_segment_table(shown, classifier) for classifier in shown.sizes]
    return "\n\n".join([title, *parts])


def _segment_table(shown: Demo, classifier: str) -> str:
    sizes, names = shown.sizes[classifier], shown.names
    revenue = sum((one.revenue or Decimal() for one in sizes.values()), start=Decimal())
    rows = [
        [
            names.label(classifier, label) if label else "-",
            number(one.customers),
            percent(one.customers, shown.customers),
            money(one.revenue),
            percent(one.revenue or Decimal(), revenue),
        ]
        for label, one in sizes.items()
    ]
    head = [names.classifier(classifier), _("customers"), _("of all"), _("revenue"), _("of all")]
    return indent(table(head, rows))


def _stories(shown: Demo) -> str:
    tables = {one.name: one for one in shown.engine.ruleset.classifiers}
    parts = []
    for customer, reasons in shown.stories.items():
        title = _("Customer {customer}").format(customer=customer)
        told_ones = [told(tables[one["classifier"]], one, shown.names) for one in reasons]
        parts.append("\n".join([title, *map(indent, told_ones)]))
    return "\n\n".join([_("Three customers, and why they are where they are:"), *parts])


def _files(shown: Demo) -> str:
    says = {
        "labels": _("labels, measures and bands, one row per customer"),
        "labels_parquet": _("the same, as Parquet"),
        "explanations": _("why: one line per customer and classifier"),
        "calibration": _("the cut points found in these data"),
        "rules": _("the rules that were used"),
        "draft": _("a copy of the rules, yours to change"),
        "transactions": _("the purchases"),
    }
    width = max(len(str(shown.files[kind])) for kind in says)
    lines = [f"{shown.files[kind]!s:{width}}  {text}" for kind, text in says.items()]
    return _("The files:") + "\n" + indent("\n".join(lines))


def _next(shown: Demo) -> str:
    files = {kind: shlex.quote(str(path)) for kind, path in shown.files.items()}
    text = _(
        "What next? Change a number in {draft}, such as 60 days to 45 in the line\n"
        "marked (1). Then see who would move, before anybody is moved:\n"
    )
    command = (
        "  {program} what-if --rules {rules} --draft {draft} \\\n"
        "      --as-of {day} --transactions {transactions}"
    )
    return text.format(**files) + "\n" + command.format(**files, day=shown.as_of, program=program())
