"""`custrata classify`: files of facts in, labels out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custrata.cli.connect import crm_of, crm_options
from custrata.cli.faults import print_warnings
from custrata.cli.options import (
    READ_FILE,
    WRITE_FILE,
    TableFile,
    as_of_option,
    data_options,
    need_apart,
    need_inputs,
    option_name,
    rules_option,
)
from custrata.cli.progress import Progress
from custrata.cli.text import _, number, percent, plural, table
from custrata.engine.model import CONSENTS, DENIED

if TYPE_CHECKING:
    from custrata.service.classify import Summary
    from custrata.service.inputs import Readable

HELP = _("""Classify the customers of files and write their labels.

Files are read by their ending: .csv, .parquet, .xlsx. Without --customers, the customers are
those seen in the other files. The output has customer_id, then a column per classifier.

With --mapping the customers are those of a CRM's database, or of files that it exports; `custrata
connect check` tells first what would be found.

\b
Examples:
  custrata classify --rules rules.yaml --as-of 2026-11-21 \\
      --transactions orders.csv --map transactions.occurred_at=InvoiceDate --out labels.csv
  custrata classify --rules rules.yaml --as-of 2026-11-21 --out labels.csv \\
      --mapping odoo17 --url postgresql://reader@crm/odoo""")
MORE = {
    "out": _("Labels: .csv, .parquet or .xlsx."),
    "with_measures": _("Also write the measures and their bands."),
    "explain": _("Also write the reasons, as JSON lines."),
    "calibration": _("Reuse the cut points of an earlier run."),
    "save_calibration": _("Keep the cut points found, to reuse them."),
    "consent": _(
        "Who is classified, by the customers' column `consent`: all but those who refused "
        "(denied, the default), only those who consented (given), or everyone (off)."
    ),
    "mapping": _("How a CRM is read: the name of a mapping that ships, or a file."),
}


@click.command(help=HELP, short_help=_("Classify the customers of files."))
@rules_option
@as_of_option()
@click.option(
    "--out", type=TableFile(exists=False), metavar="FILE", required=True, help=MORE["out"]
)
@data_options
@click.option("--mapping", metavar="NAME|FILE", help=MORE["mapping"])
@crm_options
@click.option("--consent", type=click.Choice(CONSENTS), default=DENIED, help=MORE["consent"])
@click.option("--with-measures", is_flag=True, help=MORE["with_measures"])
@click.option("--explain", type=WRITE_FILE, metavar="FILE.jsonl", help=MORE["explain"])
@click.option("--calibration", type=READ_FILE, metavar="FILE", help=MORE["calibration"])
@click.option("--save-calibration", type=WRITE_FILE, metavar="FILE", help=MORE["save_calibration"])
def classify(**words: Any) -> None:
    """See HELP."""
    if words["calibration"] and words["save_calibration"]:
        raise click.UsageError(_("--calibration and --save-calibration exclude each other"))
    inputs = _inputs(words)
    need_apart(_read(words), _written(words))
    from custrata.service.classify import Job
    from custrata.service.classify import classify as run

    job = Job(
        rules=words["rules"],
        as_of=words["as_of"],
        inputs=inputs,
        out=words["out"],
        with_measures=words["with_measures"],
        explanations=words["explain"],
        calibration=words["calibration"],
        save_calibration=words["save_calibration"],
        engine=words["engine"],
        strict=words["strict"],
        consent=words["consent"],
    )
    with Progress() as progress:
        summary = run(job, progress)
    print_warnings(summary.diagnostics)
    click.echo(_described(summary))


def _inputs(words: dict[str, Any]) -> Readable:
    """The files, or the CRM that a mapping tells of.

    Raises:
        click.UsageError: words of both. DataError: the mapping is at fault.
    """
    if words["mapping"] is None:
        if words["url"] or words["tenant"]:
            raise click.UsageError(_("--url and --tenant need --mapping"))
        return need_inputs(words)
    if words["mappings"] or words["measures"]:
        raise click.UsageError(_("--mapping names the columns: no --map, no --measures"))
    return crm_of(words, words["mapping"])


def _read(words: dict[str, Any]) -> dict[str, Path]:
    from custrata.engine.model import RECORDS

    names = {option_name(record): words[record] for record in RECORDS}
    names |= {"--rules": words["rules"], "--calibration": words["calibration"]}
    return {option: path for option, path in names.items() if path}


def _written(words: dict[str, Any]) -> dict[str, Path]:
    names = {
        "--out": words["out"],
        "--explain": words["explain"],
        "--save-calibration": words["save_calibration"],
    }
    return {option: path for option, path in names.items() if path}


def _described(summary: Summary) -> str:
    head = [_("classifier"), _("label"), _("customers"), _("share")]
    everyone = summary.customers
    rows = [
        [name, label or "-", number(one.customers), percent(one.customers, everyone)]
        for name, sizes in summary.sizes.items()
        for label, one in sizes.items()
    ]
    text = plural("{count} customer classified", "{count} customers classified", everyone)
    count = text.format(count=number(everyone))
    written = [_("written: {path}").format(path=path) for path in summary.written]
    out = [one.message for one in summary.diagnostics if one.code == "no-consent"]
    return "\n".join([count, *out, "", table(head, rows, left=2), "", *written])
