"""`custrata import`: files of records into the store."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from custrata.cli.faults import AT_FAULT, print_warnings
from custrata.cli.options import TableFile, need_apart
from custrata.cli.progress import Progress
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, indent, is_terminal, number, plural, program, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from custrata.service.desk import Desk
    from custrata.service.imports import Counts, ImportSummary, Match, Plan, Reading
    from custrata.service.imports.faults import Reason

RECORDS = (
    *("customers", "transactions", "contacts", "surveys", "stage_changes", "owner_changes"),
    *("opportunities", "feedback", "source_costs", "targets", "visits"),
)
_SHOWN = 5

HELP = _("""Take files of records into the store: customers, transactions, contacts, surveys,
stage changes, owner changes, opportunities, feedback, source costs, targets, visits.

Each file holds one record, which is told by its columns; so is where each column goes. Both are
shown, with what would change, before anything is written. A file lands whole or not at all; the
same file twice changes nothing. Rows that cannot be taken go to a file of their own, with the
reasons: mend it and import it too.

\b
Examples:
  custrata import customers.xlsx sales.csv
  custrata import export.csv --record transactions --map customer_id=Kunde --dates dmy --dry-run""")


def _parse_map(
    _ctx: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    """`field=Theirs` each; nothing after the sign leaves the field out."""
    columns: dict[str, str] = {}
    for text in texts:
        ours, equals, theirs = text.partition("=")
        if not (ours and equals):
            message = _("{text!r} is not of the form customer_id=Kunde").format(text=text)
            raise click.BadParameter(message)
        if columns.setdefault(ours, theirs) != theirs:
            raise click.BadParameter(_("{field} is named twice").format(field=ours))
    return columns


def _parse_attributes(
    _ctx: click.Context, _parameter: click.Parameter, text: str
) -> tuple[str, ...] | None:
    """Names parted by commas; None takes all."""
    if text == "all":
        return None
    return () if text == "none" else tuple(name.strip() for name in text.split(",") if name.strip())


@click.command("import", help=HELP, short_help=_("Take files of records into the store."))
@click.argument("files", type=TableFile(exists=True), nargs=-1, required=True, metavar="FILE...")
@database_option
@click.option(
    "--record",
    type=click.Choice(RECORDS),
    metavar="RECORD",
    help=_("What the files hold ({records}); default: told by columns and name.").format(
        records=", ".join(RECORDS)
    ),
)
@click.option(
    "--map",
    "columns",
    callback=_parse_map,
    multiple=True,
    metavar="FIELD=NAME",
    help=_("What a file calls a field: amount=Total; `amount=` leaves it out. Repeatable."),
)
@click.option(
    "--attributes",
    callback=_parse_attributes,
    default="all",
    show_default=True,
    metavar="NAMES",
    help=_("Other columns of customers to keep as attributes: all, none, or names."),
)
@click.option(
    "--dates",
    type=click.Choice(["dmy", "mdy"]),
    help=_("Whether day or month comes first in 03/04/2026."),
)
@click.option(
    "--numbers",
    type=click.Choice(["1,234.56", "1.234,56"]),
    help=_("What parts thousands and decimals."),
)
@click.option(
    "--refused",
    type=TableFile(exists=False),
    metavar="FILE",
    help=_("Where refused rows go; default: beside the file, as NAME.refused.csv."),
)
@click.option("--dry-run", is_flag=True, help=_("Show what would be done, and write nothing."))
@click.option("--strict", is_flag=True, help=_("Refuse a whole file for one row."))
@click.option("--yes", is_flag=True, help=_("Do not ask, also where a column is uncertain."))
def import_files(**words: Any) -> None:
    """See HELP."""
    _check_words(words)
    with desk_at(words["database"]) as desk:
        planned: list[Reading] = []
        taken = [_one(desk, path, words, planned) for path in words["files"]]
    if not all(taken):
        click.get_current_context().exit(AT_FAULT)


def _check_words(words: dict[str, Any]) -> None:
    files, refused = words["files"], words["refused"]
    if refused and len(files) > 1:
        raise click.UsageError(_("--refused names one file, and several are imported"))
    if refused:
        need_apart({"FILE": files[0]}, {"--refused": refused})
        if refused.suffix.lower() != files[0].suffix.lower():
            text = _("--refused: refused rows are written as the file that they are of, {ending}")
            raise click.UsageError(text.format(ending=files[0].suffix))


def _one(desk: Desk, path: Path, words: dict[str, Any], planned: list[Reading]) -> bool:
    """Import a file; whether anything of it was, or could be, taken.

    Args:
        planned: files before this one that were not taken in, since that is but a dry run.
    """
    from custrata.service.imports import Forms, land, preview

    with Progress() as progress:
        plan = preview(
            desk,
            path,
            words["record"],
            words["columns"],
            attributes=words["attributes"],
            forms=Forms(words["dates"], words["numbers"]),
            after=planned,
            progress=progress,
        )
    click.echo(_plan(path, plan))
    print_warnings(plan.notes)
    taken = plan.refused < plan.rows or not plan.rows
    if words["dry_run"]:
        planned.append(plan.reading)
        return taken and not (words["strict"] and plan.refused)
    if not words["yes"]:
        _agree(path, plan)
    with Progress() as progress:
        done = land(
            desk,
            plan.reading,
            refused=words["refused"],
            strict=words["strict"],
            progress=progress,
        )
    click.echo(_done(done, words))
    return taken


def _agree(path: Path, plan: Plan) -> None:
    """Ask whoever sits there; elsewhere go on with what is certain alone.

    Raises:
        DataError: nobody can be asked, and something is uncertain.
        click.Abort: no.
    """
    if is_terminal():
        click.confirm(_("Import this?"), abort=True)
        return
    from custrata.engine.diagnostics import DataError, Diagnostic, Mark

    mark = Mark(str(path))
    faults = [
        Diagnostic(
            "column-unsure",
            _(
                "{theirs!r} was taken for {field} by its likeness alone; nothing was imported"
            ).format(theirs=one.theirs, field=one.field),
            mark=mark,
            allowed=f'--map "{one.field}={one.theirs}", or --yes',
        )
        for one in plan.guess.unsure
    ]
    if not plan.guess.sure:
        told = _("the file was taken for {record} with little ground; nothing was imported")
        allowed = f"--record {plan.guess.record}, or --yes"
        text = told.format(record=plan.guess.record)
        faults.append(Diagnostic("record-unsure", text, mark=mark, allowed=allowed))
    if faults:
        raise DataError(faults)


# --- what is told -------------------------------------------------------------------------


def _plan(path: Path, plan: Plan) -> str:
    rows = plural("{count} row", "{count} rows", plan.rows).format(count=number(plan.rows))
    title = _("{file}: {record}, {rows}").format(
        file=path.name, record=plan.guess.record, rows=rows
    )
    parts = [
        title,
        indent(_columns(plan.guess.matches, plan.reading.rows.spelt)),
        indent(_counts(plan.counts, plan.refused)),
    ]
    return "\n\n".join([*parts, *([indent(_reasons(plan.reasons))] if plan.reasons else [])])


def _columns(matches: Sequence[Match], spelt: Mapping[str, tuple[str, str]]) -> str:
    """Which column goes where, and as what dates and amounts are read."""
    hows = {
        "named": _("as you say"),
        "exact": _("its name"),
        "known word": _("known word"),
        "similar": _("similar: is it right?"),
        "own attribute": _("own attribute"),
        "ignored": _("ignored"),
    }
    rows = [
        [one.theirs, one.field or "-", hows[one.sure.value], _examples(one, spelt)]
        for one in matches
    ]
    return table([_("column"), _("goes to"), _("by"), _("examples")], rows, left=4)


def _examples(one: Match, spelt: Mapping[str, tuple[str, str]]) -> str:
    """The first values; that a date or an amount is read as another text than stands there."""
    said, read = spelt.get(one.theirs, ("", ""))
    if said == read:
        return ", ".join(one.examples)
    others = [text for text in one.examples if text != said]
    return ", ".join([_("{text} = {read}").format(text=said, read=read), *others])


def _counts(counts: Counts, refused: int) -> str:
    text = _("{new} new, {changed} changed, {same} the same, {refused} refused")
    told = text.format(
        new=number(counts.inserted),
        changed=number(counts.changed),
        same=number(counts.same),
        refused=number(refused),
    )
    if not counts.created:
        return told
    one, more = "{count} customer becomes known", "{count} customers become known"
    return f"{told}; " + plural(one, more, counts.created).format(count=number(counts.created))


def _reasons(reasons: Sequence[Reason]) -> str:
    """The commonest reasons, with lines."""
    rows = [[number(one.rows), one.text, _lines(one)] for one in reasons[:_SHOWN]]
    if len(reasons) > _SHOWN:
        left = sum(one.rows for one in reasons[_SHOWN:])
        rows.append([number(left), _("other reasons"), ""])
    width = max(len(row[0]) for row in rows)
    lines = [f"{count:>{width}}  {text}{where}" for count, text, where in rows]
    return _("refused, and why:") + "\n" + indent("\n".join(lines))


def _lines(reason: Reason) -> str:
    """Where it is so, and what stands in the first such cells."""
    more = ", ..." if reason.rows > len(reason.lines) else ""
    one, many = "line {lines}", "lines {lines}"
    listed = ", ".join(map(str, reason.lines)) + more
    where = plural(one, many, reason.rows).format(lines=listed)
    cells = ", ".join(repr(one) for one in reason.examples)
    return f" ({where}: {cells})" if cells else f" ({where})"


def _done(done: ImportSummary, words: dict[str, Any]) -> str:
    text = _("imported: {counts}").format(counts=_counts(done.counts, done.refused))
    if done.refused_file is None:
        return "\n" + text
    one, more = (
        "{count} row was refused; mend it in {path}, then:",
        "{count} rows were refused; mend them in {path}, then:",
    )
    told = plural(one, more, done.refused).format(
        count=number(done.refused), path=done.refused_file
    )
    lines = [text, told, indent(_again(done, words)), *_older(done.refused_file)]
    return "\n" + "\n".join(lines)


def _older(place: Path) -> list[str]:
    """That files of refused rows lie there which earlier imports wrote."""
    from custrata.service.imports.refused import earlier

    older = earlier(place)
    if not older:
        return []
    one, more = (
        "{count} file of an earlier import lies beside it: {names}",
        "{count} files of earlier imports lie beside it: {names}",
    )
    names = ", ".join(path.name for path in older)
    return [plural(one, more, len(older)).format(count=number(len(older)), names=names)]


def _again(done: ImportSummary, words: dict[str, Any]) -> str:
    """The command that sends mended rows."""
    parts = ["import", str(done.refused_file), "--record", done.record]
    database = words["database"]
    if database:  # an address of a server may hold a password
        parts += ["--database", database if database.startswith("sqlite:") else "URL"]
    for option in ("dates", "numbers"):
        parts += [f"--{option}", words[option]] if words[option] else []
    for ours, theirs in words["columns"].items():
        parts += ["--map", f"{ours}={theirs}"]
    return f"{program()} {shlex.join(parts)}"
