"""`custrata demo --data cdnow`: real purchases in, classified, and how to go on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custrata.cli.progress import Progress
from custrata.cli.prose import told
from custrata.cli.segments import segment_tables, telling_apart
from custrata.cli.text import _, indent, number, program

if TYPE_CHECKING:
    from custrata.service.demo.cdnow import Classified


def show(folder: Path) -> None:
    """Classify CDNOW into a folder, and print what came of it."""
    from custrata.service.demo.cdnow import classify_cdnow

    with Progress(lines=True) as progress:
        shown = classify_cdnow(folder, progress)
    sizes = segment_tables(shown.sizes, shown.names, shown.customers)
    for part in (_title(shown), sizes, _stories(shown), _files(shown), _next(shown)):
        click.echo("\n" + part)


def _title(shown: Classified) -> str:
    text = _("{customers} customers of CDNOW, an online music shop, classified as of {day}.")
    lacks = _(
        "The data hold purchases alone, in US dollars. They have no contacts, so nobody can be\n"
        "said to be overdue for one; and no survey answers, so loyalty rests on the chance of\n"
        "buying again within 90 days, estimated from each customer's own rhythm."
    )
    return text.format(customers=number(shown.customers), day=shown.as_of) + "\n" + lacks


def _stories(shown: Classified) -> str:
    tables = {one.name: one for one in shown.engine.ruleset.classifiers}
    shown_ones = telling_apart(shown.sizes)
    parts = []
    for customer, reasons in shown.stories.items():
        title = _("Customer {customer}").format(customer=customer)
        told_ones = [
            told(tables[one["classifier"]], one, shown.names)
            for one in reasons
            if one["classifier"] in shown_ones
        ]
        parts.append("\n".join([title, *map(indent, told_ones)]))
    return "\n\n".join([_("Three customers, and why they are where they are:"), *parts])


def _files(shown: Classified) -> str:
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


def _next(shown: Classified) -> str:
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
