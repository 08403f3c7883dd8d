"""`custrata rules draft`: changes of the rules that are worked on, by more than one person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custrata.cli.faults import print_diagnostics
from custrata.cli.moments import in_zone, parse_moment
from custrata.cli.options import READ_FILE, WRITE_FILE
from custrata.cli.publishing import (
    agreed,
    in_force,
    in_line,
    print_difference,
    print_landed,
    publishing_options,
    write_text,
)
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, indent, table
from custrata.engine.diagnostics import Severity

if TYPE_CHECKING:
    from custrata.service.rules.drafts import Draft

Function = TypeVar("Function", bound=Callable[..., Any])

HELP = _("""Work on a change of the rules with others: begin, save, submit, approve, publish.

REVISION is the save that you have seen (`custrata rules draft list` shows the last one): what
somebody else saved since is neither written over nor approved unread.""")


@click.group("draft", help=HELP, short_help=_("Work on a change with others."))
def drafts() -> None:
    """See HELP."""


def _about(function: Function) -> Function:
    """`DRAFT REVISION`."""
    function = click.argument("revision", type=int)(function)
    return click.argument("draft", type=int)(function)


@drafts.command("list", short_help=_("List the drafts that are worked on."))
@click.option("--all", "closed", is_flag=True, help=_("Published and discarded ones too."))
@database_option
def list_drafts(closed: bool, database: str | None) -> None:
    """List the drafts that are worked on."""
    from custrata.service.rules import drafts as service

    with desk_at(database) as desk, desk.database.read() as session:
        found = service.drafts(session, closed=closed)
    head = [_("draft"), _("revision"), _("state"), _("changes"), _("by"), _("title")]
    rows = [
        [
            str(one.id),
            str(one.revision),
            _state(one),
            _("version {number}").format(number=one.base),
            ", ".join(sorted(one.authors)),
            in_line(one.title),
        ]
        for one in found
    ]
    click.echo(table(head, rows, left=6) if rows else _("there is no draft"))


@drafts.command("begin", short_help=_("Begin a draft from a file."))
@click.argument("file", type=READ_FILE)
@click.option("--title", required=True, help=_("What it is for."))
@click.option("--base", type=int, metavar="N", help=_("Version it changes. Default: in force."))
@database_option
def begin(file: Path, title: str, base: int | None, database: str | None) -> None:
    """Begin a change of the rules from a file, right or wrong."""
    from custrata.service.rules import drafts as service
    from custrata.service.rules.texts import read_text

    with desk_at(database) as desk:
        _print_draft(service.begin(desk, title, read_text(file), base))


@drafts.command("save", short_help=_("Save a file into a draft."))
@_about
@click.argument("file", type=READ_FILE)
@click.option("--onto", type=int, metavar="N", help=_("Version that the file was brought up to."))
@database_option
def save(draft: int, revision: int, file: Path, onto: int | None, database: str | None) -> None:
    """Save a file into a draft, right or wrong."""
    from custrata.service.rules import drafts as service
    from custrata.service.rules.texts import read_text

    with desk_at(database) as desk:
        _print_draft(service.save(desk, draft, read_text(file), revision, onto))


@drafts.command("show", short_help=_("Tell what a draft would change."))
@click.argument("draft", type=int)
@click.option("--out", type=WRITE_FILE, metavar="FILE", help=_("Write its text there."))
@database_option
def show(draft: int, out: Path | None, database: str | None) -> None:
    """Tell what a draft would change in the version in force, or write its text."""
    from custrata.service.rules import drafts as service
    from custrata.service.rules.difference import compared

    with desk_at(database) as desk:
        with desk.database.read() as session:
            found = service.draft(session, draft)
        number, old = in_force(desk)
    if out is not None:
        write_text(found.text, out)
    _print_draft(found)
    if all(one.severity is not Severity.ERROR for one in found.diagnostics):
        print_difference(compared(old, found.text, (f"version {number}", "draft")))


@drafts.command("rebase", short_help=_("Bring a draft up to the version in force."))
@click.argument("draft", type=int)
@database_option
def rebase(draft: int, database: str | None) -> None:
    """Bring a draft up to the version in force, where the two change different parts."""
    from custrata.service.rules import drafts as service

    with desk_at(database) as desk:
        _print_draft(service.rebase(desk, draft))


@drafts.command("submit", short_help=_("Hand a draft in for review."))
@_about
@database_option
def submit(draft: int, revision: int, database: str | None) -> None:
    """Hand a draft in for review."""
    from custrata.service.rules import review

    with desk_at(database) as desk:
        _print_draft(review.submit(desk, draft, revision))


@drafts.command("approve", short_help=_("Say that a draft may be published."))
@_about
@click.option("--comment", metavar="TEXT", help=_("Kept with the approval."))
@database_option
def approve(draft: int, revision: int, comment: str | None, database: str | None) -> None:
    """Say that a draft may be published as it stands."""
    from custrata.service.rules import review

    with desk_at(database) as desk:
        _print_draft(review.approve(desk, draft, revision, comment))


@drafts.command("send-back", short_help=_("Say that a draft is to be changed."))
@_about
@click.option("--comment", metavar="TEXT", help=_("Why."))
@database_option
def send_back(draft: int, revision: int, comment: str | None, database: str | None) -> None:
    """Say that a draft is to be changed."""
    from custrata.service.rules import review

    with desk_at(database) as desk:
        _print_draft(review.send_back(desk, draft, revision, comment))


@drafts.command("publish", short_help=_("Bring a draft into force, now or at a time."))
@_about
@publishing_options
@click.option(
    "--at",
    callback=parse_moment,
    metavar="TIME",
    help=_("Such as 2026-12-01T00:00, in the time zone of the rules."),
)
@database_option
def publish(
    draft: int,
    revision: int,
    comment: str | None,
    fires: bool,
    dry_run: bool,
    yes: bool,
    at: datetime | None,
    database: str | None,
) -> None:
    """Bring a draft into force as a new version, now or (a worker does it) at a time."""
    from custrata.service.rules import drafts as drafts_service
    from custrata.service.rules import publish as service

    with desk_at(database) as desk:
        with desk.database.read() as session:
            text = drafts_service.draft(session, draft).text
        if not agreed(desk, text, dry_run=dry_run, yes=yes):
            return
        if at is None:
            print_landed(service.publish(desk, draft, revision, comment, fires))
        else:
            when = in_zone(desk, at)
            _print_draft(service.schedule(desk, draft, revision, when, comment, fires))


@drafts.command("discard", short_help=_("Give a draft up."))
@_about
@database_option
def discard(draft: int, revision: int, database: str | None) -> None:
    """Give a draft up; it stays to be read."""
    from custrata.service.rules import drafts as service

    with desk_at(database) as desk:
        _print_draft(service.discard(desk, draft, revision))


# --- what is typed, what is printed -----------------------------------------------------


def _print_draft(one: Draft) -> None:
    text = _("draft {id}, revision {revision}: {state}")
    click.echo(text.format(id=one.id, revision=one.revision, state=_state(one)))
    for said in _remarks(one):
        click.echo(indent(said))
    print_diagnostics(item for item in one.diagnostics if item.severity is not Severity.INFO)


def _state(one: Draft) -> str:
    return f"{one.state}, {_('approved')}" if one.approved else one.state


def _remarks(one: Draft) -> Iterable[str]:
    from custrata.service.rules.versions import moment

    if one.overtaken:
        yield _("another version came into force since it was begun: rebase it")
    if one.publish_at:
        yield _("to be published at {time}").format(time=moment(one.publish_at))
    if one.comment:
        yield _("comment: {text}").format(text=one.comment)
    if one.fault:
        yield _("could not be published: {fault}").format(fault=one.fault)
