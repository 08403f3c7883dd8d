"""`custrata export` and `custrata erase`: what is known of customers, out of the store and away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from custrata.cli.options import ENDINGS
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, indent, number, table

if TYPE_CHECKING:
    from custrata.service.customers.erase import Erased

EXPORT_HELP = _("""Write all that is known of one customer, or the labels of all, to a file.

\b
Examples:
  custrata export --customer C-1042 --out c-1042.json
  custrata export --labels --out labels.xlsx --classifier rfm --with-attributes""")
ERASE_HELP = _("""Remove a customer from the store: facts, labels, history, measures of past
runs, messages on their way. It cannot be undone.

A file in which she stands brings her back when it is imported again: take her out there, too.

\b
Example:
  custrata erase C-1042""")


@click.command(help=EXPORT_HELP, short_help=_("Write what is known of customers to a file."))
@click.option("--customer", metavar="ID", help=_("All about this one, as JSON."))
@click.option("--labels", is_flag=True, help=_("The labels of everyone, one row a customer."))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    required=True,
    help=_(".json for one customer; .csv, .parquet or .xlsx for labels."),
)
@click.option(
    "--classifier",
    "classifiers",
    multiple=True,
    metavar="NAME",
    help=_("With --labels: only this one. Repeatable."),
)
@click.option(
    "--with-attributes",
    is_flag=True,
    help=_("With --labels: also what customers are known by, names included."),
)
@database_option
def export(
    customer: str | None,
    labels: bool,
    out: Path,
    classifiers: tuple[str, ...],
    with_attributes: bool,
    database: str | None,
) -> None:
    """See EXPORT_HELP."""
    if labels == (customer is not None):
        raise click.UsageError(_("either --customer ID or --labels is needed"))
    if not labels and (classifiers or with_attributes):
        raise click.UsageError(_("--classifier and --with-attributes go with --labels"))
    _check_place(out, ENDINGS if labels else (".json",))
    from custrata.service.customers.export import export_labels, write_customer

    with desk_at(database) as desk:
        if customer is not None:
            write_customer(desk, customer, out)
        else:
            chosen = classifiers or None
            done = export_labels(desk, out, chosen, with_attributes=with_attributes)
            text = _("labels of {count} customers by {names}")
            names = ", ".join(done.classifiers)
            click.echo(text.format(count=number(done.customers), names=names))
    click.echo(_("written: {path}").format(path=out))


@click.command(help=ERASE_HELP, short_help=_("Remove a customer from the store."))
@click.argument("customer", metavar="ID")
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@database_option
def erase(customer: str, yes: bool, database: str | None) -> None:
    """See ERASE_HELP."""
    if not yes:
        click.confirm(_("Remove all that is known of this customer, for good?"), abort=True)
    from custrata.service.customers.erase import erase as run

    with desk_at(database) as desk:
        done = run(desk, customer)
    click.echo(described(done))
    click.echo(_("an import of a file in which she stands would bring her back"))


def described(done: Erased) -> str:
    """A receipt: what went, not who she was."""
    title = _("receipt {number}: a customer was erased by {by} at {at}")
    head = [_("table"), _("rows")]
    rows = [[name, number(count)] for name, count in done.counts.items()]
    at = done.at.isoformat(timespec="seconds")
    text = title.format(number=done.number, by=done.by, at=at)
    return "\n".join([text, indent(table(head, rows))])


def _check_place(out: Path, endings: tuple[str, ...]) -> None:
    if out.suffix.lower() not in endings:
        text = _("--out: {name!r} has the ending {ending!r}; allowed: {allowed}")
        allowed = ", ".join(endings)
        raise click.UsageError(text.format(name=str(out), ending=out.suffix, allowed=allowed))
    if not out.resolve().parent.is_dir():
        text = _("--out: the folder {folder} does not exist")
        raise click.UsageError(text.format(folder=out.parent))
