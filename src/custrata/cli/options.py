"""Words that several commands take, and how they are parsed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custrata.cli.text import _
from custrata.engine.backends import ENGINES
from custrata.engine.diagnostics import nearest
from custrata.engine.model import RECORDS

if TYPE_CHECKING:
    from custrata.service.inputs import Inputs

ENDINGS = (".csv", ".parquet", ".xlsx")
_DESCRIPTIONS = {
    "customers": _("customers: customer_id, and any attribute"),
    "transactions": _("sales and refunds: customer_id, occurred_at, amount ..."),
    "contacts": _("calls, visits, mails: customer_id, occurred_at, direction, outcome ..."),
    "surveys": _("survey answers: customer_id, answered_at, question, answer"),
    "stage_changes": _("changes of stage: customer_id, changed_at, to, by ..."),
    "opportunities": _("opportunities: customer_id, step, changed_at ..."),
    "feedback": _("complaints and praise: customer_id, opened_at, kind, state ..."),
    "measures": _("measures computed elsewhere: customer_id, then one column per measure"),
}
Function = TypeVar("Function", bound=Callable[..., Any])


class TableFile(click.Path):
    """A file whose ending says how it is written."""

    name = "file"

    def __init__(self, *, exists: bool):
        super().__init__(exists=exists, dir_okay=False, readable=exists, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, if its ending is known."""
        ending = Path(value).suffix.lower()
        if ending not in ENDINGS:
            text = _("{value!r} has the ending {ending!r}; allowed: {allowed}")
            allowed = ", ".join(ENDINGS)
            self.fail(text.format(value=str(value), ending=ending, allowed=allowed), param, ctx)
        return super().convert(value, param, ctx)


def parse_day(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> date | None:
    """The calendar date that a word spells."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        message = _("{text!r} is no date; write it as 2026-11-21").format(text=text)
        raise click.BadParameter(message) from None


def parse_mappings(
    _ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[tuple[str, str, str], ...]:
    """`record.column=Theirs` each: record, column, and the file's own name for it."""
    return tuple(_mapping(text) for text in texts)


def _mapping(text: str) -> tuple[str, str, str]:
    ours, _equals, theirs = text.partition("=")
    record, _dot, column = ours.partition(".")
    if not (record and column and theirs):
        message = _("{text!r} is not of the form transactions.occurred_at=InvoiceDate")
        raise click.BadParameter(message.format(text=text))
    if record not in RECORDS:
        raise click.BadParameter(_unknown_record(record))
    return record, column, theirs


READ_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
WRITE_FILE = click.Path(dir_okay=False, path_type=Path)


def rules_option(function: Function) -> Function:
    """`--rules R`."""
    text = _("Rules file (YAML).")
    return click.option("--rules", type=READ_FILE, required=True, help=text)(function)


def as_of_option(*, required: bool = True) -> Callable[[Function], Function]:
    """`--as-of DATE`."""
    text = _("Last day that is read, such as 2026-11-21.")
    if not required:
        text += _(" Default: today.")
    return click.option("--as-of", callback=parse_day, metavar="DATE", required=required, help=text)


def data_options(function: Function) -> Function:
    """An option for every record, `--map` and `--engine`."""
    options = [_record_option(record, _DESCRIPTIONS[record]) for record in RECORDS]
    options += [
        click.option(
            "--map",
            "mappings",
            callback=parse_mappings,
            multiple=True,
            metavar="RECORD.COLUMN=NAME",
            help=_("What a file calls a column: transactions.occurred_at=InvoiceDate. Repeatable."),
        ),
        click.option(
            "--engine",
            type=click.Choice(ENGINES),
            default="polars",
            show_default=True,
            help=_("What computes. The labels are the same."),
        ),
        click.option(
            "--strict", is_flag=True, help=_("Facts of customers not in --customers are an error.")
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def inputs_of(words: dict[str, Any]) -> Inputs:
    """The data files among the words, with what they call their columns.

    Raises:
        click.UsageError: a mapping of a file that is not given, or two of one column.
    """
    from custrata.service.inputs import Inputs

    files = {record: words[record] for record in RECORDS if words[record] is not None}
    columns: dict[str, dict[str, str]] = {}
    for record, column, theirs in words["mappings"]:
        if record not in files:
            text = _("--map {record}.{column}: there is no {option}")
            place = {"record": record, "column": column, "option": option_name(record)}
            raise click.UsageError(text.format(**place))
        if columns.setdefault(record, {}).setdefault(column, theirs) != theirs:
            text = _("--map names {record}.{column} twice")
            raise click.UsageError(text.format(record=record, column=column))
    return Inputs(files, columns)


def need_inputs(words: dict[str, Any]) -> Inputs:
    """As `inputs_of`, where at least one file is needed.

    Raises:
        click.UsageError: no data file is given.
    """
    inputs = inputs_of(words)
    if not inputs.files:
        text = _("no data is given; at least one of {options} is needed")
        options = ", ".join(option_name(record) for record in RECORDS)
        raise click.UsageError(text.format(options=options))
    return inputs


def need_apart(read: dict[str, Path], written: dict[str, Path]) -> None:
    """Refuse to write over what is read, or twice to one place, or into no folder.

    Raises:
        click.UsageError: two words name one file, or a folder is missing.
    """
    taken = {path.resolve(): option for option, path in read.items()}
    for option, path in written.items():
        if not path.resolve().parent.is_dir():
            text = _("{option}: the folder {folder} does not exist")
            raise click.UsageError(text.format(option=option, folder=path.parent))
        other = taken.setdefault(path.resolve(), option)
        if other != option:
            text = _("{option} and {other} name the same file {path}")
            raise click.UsageError(text.format(option=option, other=other, path=path))


def option_name(record: str) -> str:
    """The option of a record: `--stage-changes`."""
    return "--" + record.replace("_", "-")


def _record_option(record: str, text: str) -> Callable[[Function], Function]:
    kind = TableFile(exists=True)
    return click.option(option_name(record), type=kind, metavar="FILE", help=text)


def _unknown_record(record: str) -> str:
    close = nearest(record, RECORDS)
    hint = _("; did you mean {close!r}?").format(close=close) if close else ""
    text = _("there is no record {record!r}; allowed: {allowed}")
    return text.format(record=record, allowed=", ".join(RECORDS)) + hint
