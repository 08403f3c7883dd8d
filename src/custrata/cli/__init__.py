"""The command line: it parses words, calls the services and prints what they return.

Modules of this package import nothing heavy; services and engines are imported by the command
that needs them, so that `custrata --help` is quick.
"""

from __future__ import annotations

import click

from custrata.cli.check import check
from custrata.cli.classify import classify
from custrata.cli.connect import connect
from custrata.cli.db import db
from custrata.cli.demo import demo
from custrata.cli.facts import fact
from custrata.cli.faults import Commands
from custrata.cli.imports import import_files
from custrata.cli.morning import morning
from custrata.cli.openapi import openapi
from custrata.cli.privacy import erase, export
from custrata.cli.rules import rules
from custrata.cli.run import history, run
from custrata.cli.serve import serve
from custrata.cli.text import _
from custrata.cli.user import token, user
from custrata.cli.what_if import what_if
from custrata.cli.worker import worker

__all__ = ["main"]

HELP = _("""Classify customers by rules that you can read and change.

Plugins measure each customer (last purchase, revenue, last contact ...); decision tables in a
rules file turn the measures into labels.

Begin with `custrata demo`; then copy its rules and try `custrata what-if`.

Exit codes: 0 done, 1 the data or rules are at fault, 2 the words on the command line are off.""")


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from custrata import __version__

        click.echo(f"custrata {__version__}")
        ctx.exit()


@click.group(cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=_("Show the version and exit."),
)
@click.option("--debug", is_flag=True, help=_("Show a traceback where custrata itself breaks off."))
def main(debug: bool) -> None:
    """See HELP; `debug` is read by Commands."""


for _command in (
    demo,
    classify,
    check,
    what_if,
    connect,
    import_files,
    run,
    history,
    rules,
    serve,
    openapi,
    worker,
    morning,
    user,
    token,
    fact,
    export,
    erase,
    db,
):
    main.add_command(_command)
