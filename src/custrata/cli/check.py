"""`custrata check`: every fault of a rules file at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custrata.cli.faults import AT_FAULT, count_faults, print_diagnostics
from custrata.cli.options import READ_FILE, as_of_option, data_options, inputs_of
from custrata.cli.progress import Progress
from custrata.cli.text import _, number, plural
from custrata.engine.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from custrata.service.inputs import Inputs

HELP = _("""Check a rules file and print every fault with its place.

With data, gaps and overlaps of the tables are weighed by how many customers they concern.
Exits with 1 if any fault is an error.

\b
Example:
  custrata check rules.yaml
  custrata check rules.yaml --transactions orders.csv --as-of 2026-11-21""")


@click.command(help=HELP, short_help=_("Check a rules file."))
@click.argument("rules", type=READ_FILE, required=False)
@as_of_option(required=False)
@data_options
@click.option(
    "--json-schema",
    is_flag=True,
    help=_("Print the JSON Schema of rules files, for editors, and exit."),
)
@click.pass_context
def check(ctx: click.Context, /, rules: Path | None, json_schema: bool, **words: Any) -> None:
    """See HELP."""
    inputs = inputs_of(words)
    if json_schema:
        _print_schema()
        return
    if rules is None:
        raise click.UsageError(_("missing argument RULES: the rules file to check"))
    found = _check(rules, inputs, words)
    print_diagnostics(found, err=False)
    click.echo(_verdict(rules, found))
    if count_faults(found)[Severity.ERROR]:
        ctx.exit(AT_FAULT)


def _check(rules: Path, inputs: Inputs, words: dict[str, Any]) -> Sequence[Diagnostic]:
    from custrata.service.check import check as run

    as_of = words["as_of"] or date.today()  # noqa: DTZ011
    if inputs.files and not words["as_of"]:
        text = _("as of {day}, today; choose another day with --as-of")
        click.echo(text.format(day=as_of), err=True)
    with Progress() as progress:
        return run(
            rules,
            inputs,
            as_of=as_of,
            engine=words["engine"],
            strict=words["strict"],
            progress=progress,
        )


def _print_schema() -> None:
    from custrata.service.check import json_schema

    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _verdict(rules: Path, found: Sequence[Diagnostic]) -> str:
    counts = count_faults(found)
    texts = {
        Severity.ERROR: plural("{count} error", "{count} errors", counts[Severity.ERROR]),
        Severity.WARNING: plural("{count} warning", "{count} warnings", counts[Severity.WARNING]),
        Severity.INFO: plural("{count} remark", "{count} remarks", counts[Severity.INFO]),
    }
    told = [texts[one].format(count=number(counts[one])) for one in texts if counts[one]]
    return f"{rules}: " + (", ".join(told) or _("nothing to remark"))
