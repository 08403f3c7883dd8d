"""`custrata what-if`: who would move under a draft of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from custrata.cli.faults import print_warnings
from custrata.cli.options import (
    READ_FILE,
    TableFile,
    as_of_option,
    data_options,
    need_apart,
    need_inputs,
    option_name,
    rules_option,
)
from custrata.cli.progress import Progress
from custrata.cli.text import _, indent, money, number, plural, table
from custrata.engine.model import RECORDS

if TYPE_CHECKING:
    from custrata.engine.what_if import SwapSet
    from custrata.service.what_if import Compared

HELP = _("""Compare a draft of the rules with the rules in force: who would move, and the
revenue that moves with them. Nothing but --out is written.

\b
Example:
  custrata what-if --rules rules.yaml --draft draft.yaml --as-of 2026-11-21 \\
      --transactions orders.csv --out moves.csv""")


@click.command("what-if", help=HELP, short_help=_("See who would move under a draft."))
@rules_option
@click.option("--draft", type=READ_FILE, required=True, help=_("The changed rules file."))
@as_of_option()
@data_options
@click.option(
    "--out",
    type=TableFile(exists=False),
    metavar="FILE",
    help=_("Who moves: customer_id, classifier, from, to."),
)
def what_if(**words: Any) -> None:
    """See HELP."""
    inputs = need_inputs(words)
    read = {option_name(record): words[record] for record in RECORDS if words[record]}
    read |= {"--rules": words["rules"], "--draft": words["draft"]}
    written = {"--out": words["out"]} if words["out"] else {}
    need_apart({**read, "--draft": words["draft"]}, written)
    from custrata.service.what_if import what_if as run

    with Progress() as progress:
        compared = run(
            words["rules"],
            words["draft"],
            inputs,
            as_of=words["as_of"],
            out=words["out"],
            engine=words["engine"],
            strict=words["strict"],
            progress=progress,
        )
    print_warnings(compared.diagnostics)
    click.echo(described(compared))
    if words["out"]:
        click.echo("\n" + _("written: {path}").format(path=words["out"]))


def described(compared: Compared) -> str:
    """Per classifier: sizes now and after, who moves where, and the revenue that moves."""
    swaps = compared.swaps
    parts = [_period(compared.window), *(_classifier(compared, name) for name in swaps.matrix)]
    return "\n\n".join(part for part in parts if part)


def _period(window: int | str | None) -> str:
    """Of which time the revenue is."""
    if window is None:
        return ""
    if window == "all":
        return _("Revenue is that of all time up to the as-of date.")
    text = plural("{days} day", "{days} days", int(window)).format(days=number(int(window)))
    return _("Revenue is that of the last {days} up to the as-of date.").format(days=text)


def _classifier(compared: Compared, name: str) -> str:
    swaps = compared.swaps
    moved = swaps.moved[name]
    if name in compared.gone:
        return _("{classifier}: the draft lacks it; its labels would go").format(classifier=name)
    if name in compared.added:
        title = _("{classifier}: new in the draft").format(classifier=name)
        return "\n".join([title, "", indent(_sizes(swaps, name))])
    if not moved.customers:
        return _("{classifier}: nobody would move").format(classifier=name)
    text = _("{classifier}: {customers} would move, and with them {revenue} of revenue")
    title = text.format(
        classifier=name, customers=number(moved.customers), revenue=money(moved.revenue)
    )
    return "\n".join([title, "", indent(_sizes(swaps, name)), "", indent(_moves(swaps, name))])


def _sizes(swaps: SwapSet, name: str) -> str:
    head = [_("label"), _("now"), _("after"), _("change")]
    sizes = sorted(swaps.sizes[name].items(), key=lambda item: (-item[1][0], str(item[0])))
    rows = [
        [_label(label), number(now), number(after), _change(after - now)]
        for label, (now, after) in sizes
    ]
    return table(head, rows)


def _moves(swaps: SwapSet, name: str) -> str:
    head = [_("from"), _("to"), _("customers"), _("revenue")]
    matrix = sorted(swaps.matrix[name].items(), key=lambda item: (-item[1].customers, str(item)))
    rows = [
        [_label(old), _label(new), number(moved.customers), money(moved.revenue)]
        for (old, new), moved in matrix
        if old != new
    ]
    return table(head, rows, left=2)


def _label(label: str | None) -> str:
    return "-" if label is None else label


def _change(by: int) -> str:
    return f"{by:+,}" if by else "0"
