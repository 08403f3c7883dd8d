"""What the commands of versions and drafts have in common: options, and what they print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custrata.cli.progress import Progress
from custrata.cli.text import _, indent, is_terminal
from custrata.cli.what_if import in_short

if TYPE_CHECKING:
    from custrata.service.desk import Desk
    from custrata.service.rules.difference import Difference
    from custrata.service.rules.versions import Version

Function = TypeVar("Function", bound=Callable[..., Any])


def publishing_options(function: Function) -> Function:
    """`--comment`, `--fire-effects`, `--dry-run`, `--yes`."""
    yes = _("Do not ask.")
    dry = _("Tell what would change and who would move, and change nothing.")
    function = click.option("--yes", is_flag=True, help=yes)(function)
    function = click.option("--dry-run", is_flag=True, help=dry)(function)
    fires = _("Let the first run under these rules send reminders, webhooks and the like.")
    function = click.option("--fire-effects", "fires", is_flag=True, help=fires)(function)
    return click.option("--comment", metavar="TEXT", help=_("Why; kept with it."))(function)


def expecting_option(function: Function) -> Function:
    """`--expect N`."""
    text = _("Only if this version is in force.")
    return click.option("--expect", type=int, metavar="N", help=text)(function)


def in_force(desk: Desk) -> tuple[int, str]:
    """The number and the text of the version in force."""
    from custrata.service.rules.versions import current

    with desk.database.read() as session:
        found = current(session)
        return found.number, found.text


def write_text(text: str, out: Path) -> None:
    """Write a text to the character."""
    from custrata.service.staged import Staged

    with Staged() as staged:
        staged.path(out).write_bytes(text.encode())


def print_difference(found: Difference) -> None:
    """What is different, one change a line."""
    click.echo(described(found.told(translate=_), found.same_text))


def described(lines: Sequence[str], same_text: bool) -> str:
    """Changes, one a line; or that there are none, though the texts may differ."""
    if same_text:
        return _("the rules are the same, to the character")
    if not lines:
        return _("the texts differ, but the rules are the same")
    return "\n".join(lines)


def agreed(desk: Desk, text: str, *, dry_run: bool, yes: bool) -> bool:
    """Tell who would move under a text of rules, and ask whoever sits there; whether to go on.

    Raises:
        RulesError: the text is wrong. click.Abort: no.
    """
    click.echo(_moves(desk, text))
    if dry_run:
        return False
    if not yes and is_terminal():
        click.confirm(_("Bring these rules into force?"), abort=True)
    return True


def _moves(desk: Desk, text: str) -> str:
    """How many would move, by classifier; that this cannot be told is no reason to stop."""
    from custrata.engine.diagnostics import DataError
    from custrata.service.rules.moves import who_moves

    try:
        with Progress() as progress:
            found = who_moves(desk, text, progress=progress)
    except DataError as error:
        return _("who would move cannot be told: {fault}").format(fault=error)
    if found is None:
        return _("nobody has a label yet, so nobody would move")
    title = _("who would move, of the customers of the last run ({day}, version {number}):")
    listed = in_short(found.compared) or _("nobody")
    return "\n".join([title.format(day=found.as_of, number=found.version), indent(listed)])


def print_landed(landed: Version) -> None:
    """That a version is in force."""
    text = _("version {number} is in force; labels follow with the next run")
    click.echo(text.format(number=landed.number))


def in_line(text: str | None) -> str:
    """A text in one line."""
    return " ".join((text or "").split())
