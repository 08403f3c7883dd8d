"""`custrata db`: the tables of a database, and their version."""

from __future__ import annotations

import click

from custrata.cli.faults import AT_FAULT
from custrata.cli.store import address, database_option
from custrata.cli.text import _

HELP = _("""Bring the tables of a database to what this version of custrata needs.

\b
Example, after an update of custrata and a backup of the database:
  custrata db upgrade --database postgresql://crm@db/crm""")


@click.group("db", help=HELP, short_help=_("Upgrade the tables of a database."))
def db() -> None:
    """See HELP."""


@db.command(short_help=_("Upgrade the tables."))
@database_option
def upgrade(database: str | None) -> None:
    """Upgrade the tables; make a backup first. An empty database gets them all."""
    from custrata.store import migrate
    from custrata.store.database import Database

    before, now = migrate.upgrade(Database(address(database)))
    if before == now:
        click.echo(_("nothing to do: the database is at revision {now}").format(now=now))
        return
    text = _("upgraded: from {before} to revision {now}")
    click.echo(text.format(before=before or _("no tables"), now=now))


@db.command(short_help=_("Show the revision of the tables."))
@database_option
@click.pass_context
def current(ctx: click.Context, database: str | None) -> None:
    """Show at which revision the tables are; exits with 1 where this program needs another."""
    from custrata.store import migrate
    from custrata.store.database import Database

    now, needed = migrate.current(Database(address(database))), migrate.head()
    text = _("the database is at revision {now}, this program needs {needed}")
    click.echo(text.format(now=now or _("none"), needed=needed))
    if now != needed:
        ctx.exit(AT_FAULT)
