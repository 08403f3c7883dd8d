"""`custrata user` and `custrata token`: who may sign in, and which programs may come in."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

import click

from custrata.cli.options import parse_day
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, table

if TYPE_CHECKING:
    from custrata.service.people.tokens import Grant
    from custrata.service.people.users import Person

ROLES = ("viewer", "editor", "publisher", "admin")
"""As the service has them, which would be slow to import for a help page."""
USER_HELP = _("""Manage the people who may sign in.

A viewer sees, an editor drafts rules and records what customers do, a publisher puts rules into
force, an admin may do everything.

\b
Examples:
  custrata user add an --role editor --name "Nguyễn Thị An"
  custrata user role an publisher
  custrata user password an --password-stdin < password.txt""")
TOKEN_HELP = _("""Manage the keys with which programs come in.

\b
Examples:
  custrata token add "web shop" --role editor --scope record --expires 2027-11-21
  custrata token revoke 1f0c9b22d4""")


@click.group("user", help=USER_HELP, short_help=_("Manage the people who may sign in."))
def user() -> None:
    """See USER_HELP."""


@click.group("token", help=TOKEN_HELP, short_help=_("Manage the keys of programs."))
def token() -> None:
    """See TOKEN_HELP."""


role_option = click.option(
    "--role", type=click.Choice(ROLES), required=True, help=_("What is allowed.")
)
stdin_option = click.option(
    "--password-stdin",
    "stdin",
    is_flag=True,
    help=_("Read the password from the first line of standard input; else one is made up."),
)


@user.command("add", short_help=_("Let somebody sign in."))
@click.argument("login")
@role_option
@click.option("--name", metavar="NAME", help=_("What people call her or him."))
@stdin_option
@database_option
def add_user(login: str, role: str, name: str | None, stdin: bool, database: str | None) -> None:
    """Let somebody sign in; prints a password to be used once, unless one is given."""
    from custrata.service.people import users

    given = _given(stdin)
    with desk_at(database) as desk:
        made_up = users.add_user(desk, login, role, name, given)
    click.echo(_("{login} may sign in as {role}").format(login=login, role=role))
    _show(made_up)


@user.command("list", short_help=_("Show who may sign in."))
@database_option
def list_users(database: str | None) -> None:
    """Show who may sign in, and as what."""
    from custrata.service.people.users import users

    with desk_at(database) as desk, desk.database.read() as session:
        found = users(session)
    if not found:
        click.echo(_("nobody yet; `custrata user add LOGIN --role admin` adds the first"))
        return
    head = [_("login"), _("role"), _("name"), _("state")]
    rows = [[one.login, one.role, one.name or "-", _state(one)] for one in found]
    click.echo(table(head, rows, left=4))


@user.command("role", short_help=_("Let somebody do more, or less."))
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES))
@database_option
def change_role(login: str, role: str, database: str | None) -> None:
    """Let somebody do more, or less."""
    from custrata.service.people import users

    with desk_at(database) as desk:
        users.change_role(desk, login, role)
    click.echo(_("{login} is {role} now").format(login=login, role=role))


@user.command("password", short_help=_("Give somebody another password."))
@click.argument("login")
@stdin_option
@database_option
def set_password(login: str, stdin: bool, database: str | None) -> None:
    """Give somebody another password; she is signed out everywhere.

    Prints a password to be used once, unless one is given.
    """
    from custrata.service.people import users

    given = _given(stdin)
    with desk_at(database) as desk:
        made_up = users.set_password(desk, login, given)
    click.echo(_("{login} has a new password, and is signed out").format(login=login))
    _show(made_up)


@user.command("deactivate", short_help=_("Let somebody in no more."))
@click.argument("login")
@database_option
def deactivate(login: str, database: str | None) -> None:
    """Let somebody in no more; what she did keeps her name."""
    from custrata.service.people import users

    with desk_at(database) as desk:
        users.deactivate(desk, login)
    click.echo(_("{login} may sign in no more").format(login=login))


@user.command("activate", short_help=_("Let somebody in again."))
@click.argument("login")
@database_option
def activate(login: str, database: str | None) -> None:
    """Let somebody in again; wrong passwords that were counted are forgotten."""
    from custrata.service.people import users

    with desk_at(database) as desk:
        users.activate(desk, login)
    click.echo(_("{login} may sign in again").format(login=login))


@token.command("add", short_help=_("Make a key for a program."))
@click.argument("name")
@role_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="ACTION",
    help=_("Limit it to an action, such as record. Repeatable."),
)
@click.option(
    "--expires",
    callback=parse_day,
    metavar="DATE",
    help=_("The first day (UTC) on which it lets nobody in. Default: never."),
)
@click.option("--user", "login", metavar="LOGIN", help=_("Whose it is; it goes when she goes."))
@database_option
def add_token(
    name: str,
    role: str,
    scopes: tuple[str, ...],
    expires: date | None,
    login: str | None,
    database: str | None,
) -> None:
    """Make a key for a program; it is shown this once, and cannot be shown again."""
    from custrata.service.people.tokens import make_token

    ends = datetime.combine(expires, time(), UTC) if expires else None
    with desk_at(database) as desk:
        made = make_token(desk, name, role, scopes, ends, login)
    click.echo(_("the token; keep it safe, it cannot be shown again:"), err=True)
    click.echo(made.text)


@token.command("list", short_help=_("Show which keys there are."))
@database_option
def list_tokens(database: str | None) -> None:
    """Show which keys there are, by how they begin."""
    from custrata.service.people.tokens import tokens

    with desk_at(database) as desk, desk.database.read() as session:
        found = tokens(session)
        now = desk.now()
    if not found:
        click.echo(_("no tokens"))
        return
    head = [_("prefix"), _("name"), _("role"), _("scopes"), _("user"), _("state")]
    rows = [
        [
            one.prefix,
            one.name,
            one.role,
            ", ".join(one.scopes) or _("all"),
            one.login or "-",
            _validity(one, now),
        ]
        for one in found
    ]
    click.echo(table(head, rows, left=6))


@token.command("revoke", short_help=_("Let a key in no more."))
@click.argument("prefix")
@database_option
def revoke(prefix: str, database: str | None) -> None:
    """Let a key in no more; PREFIX is what `token list` shows."""
    from custrata.service.people.tokens import revoke_token

    with desk_at(database) as desk:
        revoke_token(desk, prefix)
    click.echo(_("the token {prefix} lets nobody in any more").format(prefix=prefix))


def _given(stdin: bool) -> str | None:
    """The password on standard input, if it is to be read there."""
    if not stdin:
        return None
    return sys.stdin.readline().rstrip("\r\n")


def _show(made_up: str | None) -> None:
    """The password alone goes to standard output's last line."""
    if made_up is not None:
        click.echo(_("the password, to be changed at the first sign-in:"))
        click.echo(made_up)


def _state(one: Person) -> str:
    if not one.active:
        return _("deactivated")
    return _("has a one-time password") if one.must_change else _("active")


def _validity(one: Grant, now: datetime) -> str:
    if one.revoked_at is not None:
        return _("revoked")
    if one.expires_at is None:
        return _("valid")
    text = _("expired on {day}") if one.expires_at <= now else _("valid until {day}")
    return text.format(day=one.expires_at.date())
