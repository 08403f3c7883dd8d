"""`custrata rules`: the store's rules to and from files, and what changed between them."""

from __future__ import annotations

from pathlib import Path

import click

from custrata.cli.drafts import drafts
from custrata.cli.faults import AT_FAULT, count_faults, print_diagnostics
from custrata.cli.options import READ_FILE, WRITE_FILE
from custrata.cli.publishing import (
    agreed,
    expecting_option,
    in_force,
    in_line,
    print_difference,
    print_landed,
    publishing_options,
    write_text,
)
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, table
from custrata.engine.diagnostics import Severity

_CURRENT = "current"
_DIGITS = 10

HELP = _("""Move rules between the store and files, see what changed, publish.

Published versions stay as they are for ever; the one with the greatest number is in force. Labels
follow with the next `custrata run`.""")

IMPORT_HELP = _("""Bring a file's rules into force, as a new version of the store's. Every fault is
told first, then what changes; a file that is in force already, to the character, changes nothing.

\b
Example:
  custrata rules import rules.yaml --comment "45 days from now on" --expect 3""")

DIFF_HELP = _("""Tell in words what is different between two rulesets. FROM and TO are versions by
number, rules files, or `current` for the version in force. Comments, the order of keys and defaults
that are spelt out are no difference. The exit code is 0 either way.

\b
Examples:
  custrata rules diff 2 current
  custrata rules diff current draft.yaml""")


@click.group(help=HELP, short_help=_("Export, import, compare and publish rules."))
def rules() -> None:
    """See HELP."""


rules.add_command(drafts)


# --- versions -----------------------------------------------------------------------------


@rules.command("export", short_help=_("Write a version's text."))
@click.option("--version", "number", type=int, metavar="N", help=_("Default: the one in force."))
@click.option("--out", type=WRITE_FILE, metavar="FILE", help=_("Default: standard output."))
@database_option
def export(number: int | None, out: Path | None, database: str | None) -> None:
    """Write the rules of a version, to the character."""
    from custrata.service.rules.publish import export_text
    from custrata.service.rules.versions import current

    with desk_at(database) as desk, desk.database.read() as session:
        text = export_text(session, number)
        number = number or current(session).number
    if out is None:
        click.echo(text.encode(), nl=False)
        return
    write_text(text, out)
    click.echo(_("written: {path}, version {number} of the rules").format(path=out, number=number))


@rules.command("import", help=IMPORT_HELP, short_help=_("Bring a file's rules into force."))
@click.argument("file", type=READ_FILE)
@publishing_options
@expecting_option
@database_option
def import_(
    file: Path,
    comment: str | None,
    fires: bool,
    dry_run: bool,
    yes: bool,
    expect: int | None,
    database: str | None,
) -> None:
    """See IMPORT_HELP."""
    from custrata.service.rules.difference import compared
    from custrata.service.rules.publish import import_text
    from custrata.service.rules.texts import read_text

    text = read_text(file)
    _check(text, str(file))
    with desk_at(database) as desk:
        number, old = in_force(desk)
        if expect in (None, number):
            print_difference(compared(old, text, (f"version {number}", str(file))))
            if text != old and not agreed(desk, text, dry_run=dry_run, yes=yes):
                return
        landed = import_text(desk, text, comment, _either(expect, number), fires)
    if landed is None:
        click.echo(_("version {number} stays in force").format(number=number))
    else:
        print_landed(landed)


@rules.command("diff", help=DIFF_HELP, short_help=_("Tell in words what is different."))
@click.argument("before", metavar="FROM")
@click.argument("after", metavar="TO")
@database_option
def diff(before: str, after: str, database: str | None) -> None:
    """See DIFF_HELP."""
    from custrata.service.rules.difference import compared

    (a, old), (b, new) = (_named(word, database) for word in (before, after))
    print_difference(compared(old, new, (a, b)))


@rules.command("list", short_help=_("List the published versions."))
@database_option
def list_(database: str | None) -> None:
    """List the published versions, the one in force first."""
    from custrata.service.rules.versions import moment, versions

    with desk_at(database) as desk, desk.database.read() as session:
        found = versions(session)
    head = [_("version"), _("published"), _("by"), _("how"), _("comment")]
    rows = [
        [str(one.number), moment(one.published_at), one.by, one.kind, in_line(one.comment)]
        for one in found
    ]
    click.echo(table(head, rows, left=5))


@rules.command("roll-back", short_help=_("Bring an earlier version into force again."))
@click.argument("number", type=int, metavar="VERSION")
@publishing_options
@expecting_option
@database_option
def back(
    number: int,
    comment: str | None,
    fires: bool,
    dry_run: bool,
    yes: bool,
    expect: int | None,
    database: str | None,
) -> None:
    """Bring the rules of an earlier version into force again, as a new version."""
    from custrata.service.rules.difference import difference_of_versions
    from custrata.service.rules.publish import export_text, roll_back

    with desk_at(database) as desk:
        now, old = in_force(desk)
        if expect in (None, now):
            print_difference(difference_of_versions(desk, now, number))
            with desk.database.read() as session:
                text = export_text(session, number)
            if text != old and not agreed(desk, text, dry_run=dry_run, yes=yes):
                return
        print_landed(roll_back(desk, number, comment, fires, _either(expect, now)))


# --- what is typed ------------------------------------------------------------------------


def _check(text: str, name: str) -> None:
    """Tell every fault; leave where one is an error."""
    from custrata.service.rules.texts import diagnostics_of

    found = diagnostics_of(text, name)
    wrong = bool(count_faults(found)[Severity.ERROR])
    print_diagnostics(one for one in found if wrong or one.severity is not Severity.INFO)
    if wrong:
        click.get_current_context().exit(AT_FAULT)


def _either(expect: int | None, number: int) -> int:
    """What was compared is what is replaced, also where nobody says so."""
    return number if expect is None else expect


def _named(word: str, database: str | None) -> tuple[str, str]:
    """What a word of `diff` names, for messages, and its text."""
    from custrata.service.rules.texts import read_text
    from custrata.service.rules.versions import version

    numbered = word.isdecimal() and len(word) < _DIGITS
    if word != _CURRENT and not numbered:
        if not Path(word).is_file():
            text = _("{word!r} is neither a version's number, nor a file, nor `current`")
            raise click.UsageError(text.format(word=word))
        return word, read_text(Path(word))
    with desk_at(database) as desk:
        if word == _CURRENT:
            number, text = in_force(desk)
            return f"version {number}", text
        with desk.database.read() as session:
            return f"version {word}", version(session, int(word)).text
