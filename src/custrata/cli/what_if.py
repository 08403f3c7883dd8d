"""`custrata what-if`: who would move under a draft of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from custrata.cli.faults import print_warnings
from custrata.cli.options import (
    READ_FILE,
    TableFile,
    data_options,
    inputs_of,
    need_apart,
    need_inputs,
    option_name,
    parse_day,
)
from custrata.cli.progress import Progress
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, indent, money, number, plural, table, wrapped
from custrata.engine.model import RECORDS

if TYPE_CHECKING:
    from custrata.engine.what_if import SwapSet
    from custrata.service.what_if import Compared

HELP = _("""Compare a draft of the rules with the rules in force: who would move, and the
revenue that moves with them. Nothing but --out is written.

The customers are those of the store as its last run found them; with --rules, those of files.

\b
Examples:
  custrata what-if --draft draft.yaml --database postgresql://crm@db/crm
  custrata what-if --rules rules.yaml --draft draft.yaml --as-of 2026-11-21 \\
      --transactions orders.csv --out moves.csv""")


@click.command("what-if", help=HELP, short_help=_("See who would move under a draft."))
@click.option("--draft", type=READ_FILE, required=True, help=_("The changed rules file."))
@database_option
@click.option("--rules", type=READ_FILE, help=_("Rules file (YAML): compare on files."))
@click.option(
    "--as-of",
    callback=parse_day,
    metavar="DATE",
    help=_("With --rules: last day that is read, such as 2026-11-21."),
)
@data_options
@click.option(
    "--out",
    type=TableFile(exists=False),
    metavar="FILE",
    help=_("Who moves: customer_id, classifier, from, to."),
)
def what_if(**words: Any) -> None:
    """See HELP."""
    compared = _of_files(words) if words["rules"] else _of_store(words)
    print_warnings(compared.diagnostics)
    click.echo(described(compared))
    if words["out"]:
        click.echo("\n" + _("written: {path}").format(path=words["out"]))


def _of_store(words: dict[str, Any]) -> Compared:
    """Against the last run.

    Raises:
        StoreError: no run has landed yet.
        click.UsageError: words are given that are about files.
    """
    if words["as_of"] or inputs_of(words).files:
        raise click.UsageError(_("data files and --as-of need --rules; a store has its own"))
    written = {"--out": words["out"]} if words["out"] else {}
    need_apart({"--draft": words["draft"]}, written)
    from custrata.service.rules.moves import who_moves
    from custrata.service.rules.texts import read_text
    from custrata.store.faults import refuse

    text = read_text(words["draft"])
    with desk_at(words["database"]) as desk, Progress() as progress:
        found = who_moves(desk, text, words["out"], progress)
    if found is None:
        raise refuse("no-run", "no run has landed yet, so nobody has a label", "a run first")
    told = _("the customers of the last run, as of {day}, against version {number} of the rules")
    click.echo(told.format(day=found.as_of, number=found.version) + "\n")
    return found.compared


def _of_files(words: dict[str, Any]) -> Compared:
    """On files alone; no store is looked at."""
    inputs = need_inputs(words)
    if words["as_of"] is None:
        raise click.UsageError(_("--as-of is needed with --rules"))
    if words["database"]:
        raise click.UsageError(_("--rules is about files, --database about a store"))
    read = {option_name(record): words[record] for record in RECORDS if words[record]}
    read |= {"--rules": words["rules"], "--draft": words["draft"]}
    written = {"--out": words["out"]} if words["out"] else {}
    need_apart({**read, "--draft": words["draft"]}, written)
    from custrata.service.what_if import what_if as run

    with Progress() as progress:
        return run(
            words["rules"],
            words["draft"],
            inputs,
            as_of=words["as_of"],
            out=words["out"],
            engine=words["engine"],
            strict=words["strict"],
            progress=progress,
        )


def described(compared: Compared) -> str:
    """Per classifier: sizes now and after, who moves where, and the revenue that moves."""
    swaps = compared.swaps
    moving = _moving(compared)
    resting = [name for name in swaps.matrix if name not in moving]
    rest = _("{classifiers}: nobody would move").format(classifiers=", ".join(resting))
    parts = [_period(compared.window), *(_classifier(compared, name) for name in moving)]
    return "\n\n".join(part for part in (*parts, wrapped(rest) if resting else "") if part)


def _moving(compared: Compared) -> list[str]:
    """The classifiers of which somebody would move, or that come or go."""
    swaps, changed = compared.swaps, compared.gone | compared.added
    return [name for name in swaps.matrix if name in changed or swaps.moved[name].customers]


def _period(window: int | str | None) -> str:
    """Of which time the revenue is."""
    if window is None:
        return ""
    if window == "all":
        return _("Revenue is that of all time up to the as-of date.")
    text = plural("{days} day", "{days} days", int(window)).format(days=number(int(window)))
    return _("Revenue is that of the last {days} up to the as-of date.").format(days=text)


def in_short(compared: Compared) -> str:
    """One line for each classifier of which somebody would move, or that comes or goes."""
    return "\n".join(_title(compared, name) for name in _moving(compared))


def _classifier(compared: Compared, name: str) -> str:
    swaps, parts = compared.swaps, [_title(compared, name)]
    if name not in compared.gone and (name in compared.added or swaps.moved[name].customers):
        parts += ["", indent(_sizes(swaps, name))]
    if name not in compared.gone | compared.added and swaps.moved[name].customers:
        parts += ["", indent(_moves(swaps, name))]
    return "\n".join(parts)


def _title(compared: Compared, name: str) -> str:
    moved = compared.swaps.moved[name]
    if name in compared.gone:
        return _("{classifier}: the draft lacks it; its labels would go").format(classifier=name)
    if name in compared.added:
        return _("{classifier}: new in the draft").format(classifier=name)
    text = _("{classifier}: {customers} would move, and with them {revenue} of revenue")
    return text.format(
        classifier=name, customers=number(moved.customers), revenue=money(moved.revenue)
    )


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
