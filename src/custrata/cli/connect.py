"""`custrata connect`: what a mapping finds in a CRM, and labels back into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custrata.cli.faults import AT_FAULT, count_faults, print_diagnostics
from custrata.cli.options import ENDINGS, TableFile, option_name
from custrata.cli.progress import Progress
from custrata.cli.text import _, indent, number, plural, table
from custrata.engine.diagnostics import Severity
from custrata.engine.model import RECORDS

if TYPE_CHECKING:
    from custrata.service.connect.checking import Report
    from custrata.service.connect.source import Crm
    from custrata.service.connect.understand import Found
    from custrata.service.connect.write_back import Plan, Written

_SHOWN = 20
HELP = _("""Read a CRM where it is, by a mapping, and write labels back into it.

A mapping is a file that says which of the CRM's columns is what; those of several CRMs ship and
are called by name. `custrata classify --mapping` classifies what it finds.""")
CHECK = _("""Tell what a mapping finds in a CRM, and what looks wrong there.

A mapping is one that ships (odoo17, espocrm, shopify ...) or a file. Nothing is written.
Exits with 1 if any fault is an error.

\b
Examples:
  custrata connect check odoo17 --url postgresql://reader@crm/odoo
  custrata connect check shopify --transactions orders_export.csv""")
SHOW = _("""Print a mapping that ships, to adapt it to one's own CRM.

\b
Example:
  custrata connect show odoo17 > ours.yaml""")
WRITE = _("""Write labels into what the engine owns in a CRM, as `write_back` of a mapping says.

Only what changed is written, in one transaction. Without --apply nothing is: what would change is
shown.

\b
Example:
  custrata connect write crm.yaml --url postgresql://writer@crm/crm --labels labels.csv --apply""")
Function = TypeVar("Function", bound=Callable[..., Any])


def crm_options(function: Function) -> Function:
    """`--url` and `--tenant`."""
    url = _("Address of the CRM's database. Default: the variable that the mapping names.")
    tenant = _("Whose rows, where one database holds several firms.")
    function = click.option("--tenant", metavar="ID", help=tenant)(function)
    return click.option("--url", metavar="URL", help=url)(function)


def crm_of(words: Mapping[str, Any], name: str) -> Crm:
    """The CRM that the words mean.

    Raises:
        DataError: there is no such mapping, or it is at fault.
    """
    from custrata.service.connect.source import crm

    files = {record: words[record] for record in RECORDS if words.get(record) is not None}
    return crm(name, words["url"], words["tenant"], files)


def _file_options(function: Function) -> Function:
    """An option for every record, for mappings of exported files."""
    text = _("exported file: {endings}").format(endings=", ".join(ENDINGS))
    for record in reversed([one for one in RECORDS if one != "measures"]):
        kind = TableFile(exists=True)
        function = click.option(option_name(record), type=kind, metavar="FILE", help=text)(function)
    return function


@click.group(help=HELP, short_help=_("Read a CRM by a mapping; write labels back."))
def connect() -> None:
    """See HELP."""


@connect.command(help=CHECK, short_help=_("Tell what a mapping finds, and what looks wrong."))
@click.argument("name", metavar="NAME|FILE")
@crm_options
@_file_options
@click.pass_context
def check(ctx: click.Context, /, name: str, **words: Any) -> None:
    """See CHECK."""
    from custrata.service.connect.checking import check as run

    with Progress() as progress:
        report = run(crm_of(words, name), progress)
    click.echo(_described(report))
    print_diagnostics(report.faults, err=False)
    click.echo(_verdict(report))
    if count_faults(report.faults)[Severity.ERROR]:
        ctx.exit(AT_FAULT)


@connect.command(help=SHOW, short_help=_("Print a mapping that ships, to adapt it."))
@click.argument("name")
def show(name: str) -> None:
    """See SHOW."""
    from custrata.service.connect.loading import shipped_text

    click.echo(shipped_text(name), nl=False)


@connect.command(help=WRITE, short_help=_("Write labels into what the engine owns in a CRM."))
@click.argument("name", metavar="NAME|FILE")
@crm_options
@click.option(
    "--labels",
    type=TableFile(exists=True),
    metavar="FILE",
    required=True,
    help=_("Labels, as `custrata classify` writes them."),
)
@click.option(
    "--map",
    "outputs",
    multiple=True,
    metavar="OUTPUT=COLUMN",
    help=_("Which column of the labels an output of the mapping is: segment=rfm. Repeatable."),
)
@click.option(
    "--everyone",
    is_flag=True,
    help=_("The labels are of all who have any: whoever is not among them loses hers."),
)
@click.option("--apply", is_flag=True, help=_("Write; without it nothing is."))
def write(name: str, outputs: tuple[str, ...], labels: Path, **words: Any) -> None:
    """See WRITE."""
    named = dict(map(_output, outputs))
    from custrata.service.connect.loading import load_mapping
    from custrata.service.connect.write_back import write_back

    mapping = load_mapping(name)
    tenant, url = words["tenant"], words["url"]
    how = {one: words[one] for one in ("everyone", "apply")}
    plan = write_back(mapping, url, labels, tenant=tenant, outputs=named, **how)
    print_diagnostics(plan.notes)
    click.echo(_planned(plan))


def _output(text: str) -> tuple[str, str]:
    output, _equals, column = text.partition("=")
    if not (output and column):
        message = _("{text!r} is not of the form segment=rfm").format(text=text)
        raise click.BadParameter(message)
    return output, column


def _described(report: Report) -> str:
    """What was found, a part for each record."""
    if not report.found:
        return _("nothing was read")
    head = [_("record"), _("rows"), _("read"), _("first"), _("last")]
    rows = [
        [record, number(one.rows), number(one.read), str(one.first or "-"), str(one.last or "-")]
        for record, one in report.found.items()
    ]
    parts = [table(head, rows), *_settings(report)]
    parts += [text for record, one in report.found.items() for text in _words(record, one)]
    return "\n\n".join(parts) + "\n"


def _settings(report: Report) -> Iterator[str]:
    lines = []
    if report.zone:
        lines.append(_("days are those of {zone}").format(zone=report.zone))
    if report.currency:
        lines.append(_("amounts are in {currency}").format(currency=report.currency))
    if report.removed:
        text = plural(
            "{count} customer is removed", "{count} customers are removed", report.removed
        )
        lines.append(text.format(count=number(report.removed)))
    lines.append(_consent(report))
    yield "\n".join(lines)


def _consent(report: Report) -> str:
    if report.refused is None:
        return _("no column says consent")
    text = plural(
        "{count} customer refused consent", "{count} customers refused consent", report.refused
    )
    return text.format(count=number(report.refused))


def _words(record: str, found: Found) -> Iterator[str]:
    """Statuses and currencies with how many rows there are of each."""
    if found.statuses:
        head = [_("status"), _("means"), _("rows")]
        rows = [
            [text or "-", meaning or "?", number(count)]
            for text, (meaning, count) in found.statuses.items()
        ]
        yield f"{record}:\n" + indent(table(head, rows, left=2))
    if found.currencies:
        head = [_("currency"), _("rows")]
        rows = [[name, number(count)] for name, count in found.currencies.items()]
        yield f"{record}:\n" + indent(table(head, rows))


def _verdict(report: Report) -> str:
    counts = count_faults(report.faults)
    errors, warnings = counts[Severity.ERROR], counts[Severity.WARNING]
    told = []
    if errors:
        told.append(plural("{count} error", "{count} errors", errors).format(count=errors))
    if warnings:
        text = plural("{count} warning", "{count} warnings", warnings)
        told.append(text.format(count=warnings))
    return ", ".join(told) or _("nothing looks wrong")


def _planned(plan: Plan) -> str:
    """What changes, or would; the first of it."""
    parts = [_one_planned(one, plan.applied) for one in plan.written]
    if not plan.applied and any(one.changes for one in plan.written):
        parts.append(_("nothing was written; --apply writes it"))
    return "\n\n".join(parts)


def _one_planned(one: Written, applied: bool) -> str:
    count = len(one.changes)
    if applied:
        text = plural("{count} customer changed", "{count} customers changed", count)
    else:
        text = plural("{count} customer would change", "{count} customers would change", count)
    place = f"{one.entry.output} → {one.entry.target}: "
    lines = [place + text.format(count=number(count))]
    same = plural("{count} is right already", "{count} are right already", one.same)
    lines.append(indent(same.format(count=number(one.same))))
    if one.strangers:
        text = plural(
            "{count} has no row in {place}", "{count} have no row in {place}", one.strangers
        )
        lines.append(indent(text.format(count=number(one.strangers), place=one.place)))
    if one.changes:
        head = ["customer_id", _("from"), _("to")]
        rows = [
            [change.customer_id, ", ".join(change.before) or "-", ", ".join(change.after) or "-"]
            for change in one.changes[:_SHOWN]
        ]
        lines += ["", indent(table(head, rows, left=3))]
    if count > _SHOWN:
        more = plural("and {count} more", "and {count} more", count - _SHOWN)
        lines.append(indent(more.format(count=number(count - _SHOWN))))
    return "\n".join(lines)
