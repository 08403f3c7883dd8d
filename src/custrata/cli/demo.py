"""`custrata demo`: a firm to look at, and how to go on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from custrata.cli import demo_cdnow, demo_company
from custrata.cli.options import parse_day
from custrata.cli.serve import PORT
from custrata.cli.text import _

HELP = _("""Make up a trading firm with 3,000 customers, and look at them.

Writes the firm's customer book as files into a folder, takes it into a store as it stood three
months ago, lives through the weeks since, and shows who moved and why. Then it serves the panel on
that store, until Ctrl-C. From then on the store is opened as it is.

\b
Examples:
  custrata demo
  custrata demo --fresh
  custrata demo --no-serve
  custrata demo --data cdnow""")


@click.command(help=HELP, short_help=_("Make up a firm and see what becomes of its customers."))
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("custrata-demo"),
    show_default=True,
    metavar="FOLDER",
    help=_("Where files and store go; made if missing."),
)
@click.option(
    "--data",
    type=click.Choice(["company", "cdnow"]),
    default="company",
    show_default=True,
    help=_("Or real purchases: those of CDNOW, a music shop of 1997, without a store."),
)
@click.option("--fresh", is_flag=True, help=_("Throw the folder's store away and begin anew."))
@click.option(
    "--as-of",
    "last_day",
    callback=parse_day,
    metavar="DATE",
    help=_("The last day of the story. Default: yesterday."),
)
@click.option(
    "--database",
    metavar="URL",
    help=_("Address of an empty database for the store. Default: a file in FOLDER."),
)
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=_("On which port the panel is served; 0 takes any that is free."),
)
@click.option("--no-serve", is_flag=True, help=_("Tell the story and end."))
def demo(
    folder: Path,
    data: str,
    fresh: bool,
    last_day: date | None,
    database: str | None,
    port: int,
    no_serve: bool,
) -> None:
    """See HELP."""
    if data == "cdnow" and (fresh or last_day or database):
        raise click.UsageError(_("--fresh, --as-of and --database go with --data company"))
    if fresh and database:
        raise click.UsageError(_("--fresh throws away a store in the folder, never a --database"))
    if data == "cdnow":
        demo_cdnow.show(folder)
    else:
        demo_company.show(folder, database, last_day, fresh, None if no_serve else port)
