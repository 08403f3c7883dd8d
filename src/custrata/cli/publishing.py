"""What the commands of versions and drafts have in common: options, and what they print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custrata.cli.text import _

if TYPE_CHECKING:
    from custrata.service.desk import Desk
    from custrata.service.rules.difference import Difference
    from custrata.service.rules.versions import Version

Function = TypeVar("Function", bound=Callable[..., Any])


def publishing_options(function: Function) -> Function:
    """`--comment`, `--fire-effects`."""
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


def print_landed(landed: Version) -> None:
    """That a version is in force."""
    text = _("version {number} is in force; labels follow with the next run")
    click.echo(text.format(number=landed.number))


def in_line(text: str | None) -> str:
    """A text in one line."""
    return " ".join((text or "").split())
