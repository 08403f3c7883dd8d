"""`custrata serve`: the panel, and REST beside it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

import click

from custrata.cli.signals import stopping
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _
from custrata.lacking import rest

if TYPE_CHECKING:
    from custrata.service.desk import Desk

PORT = 8080
HELP = _("""Serve the panel: pages on which people tune the rules, look at customers and see whom a
change moves. REST answers beside it, below /api/v1, where custrata[api] is installed.

Where the store has no user yet, an admin is made; her one-time password is printed. A worker does
what is due in the same process; --no-worker leaves that to `custrata worker`. Ctrl-C stops both.

The panel itself speaks HTTP. Beyond this machine, put a web server with HTTPS in front of it and
name that with --proxy.

\b
Examples:
  custrata serve
  custrata serve --port 9000 --database postgresql://crm@db/crm
  custrata serve --host 10.0.0.5 --proxy 10.0.0.2""")


@click.command(help=HELP, short_help=_("Serve the panel."))
@click.option("--host", default="127.0.0.1", show_default=True, help=_("Where it listens."))
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=_("On which port."),
)
@click.option("--proxy", metavar="ADDRESS", help=_("A web server in front, which speaks HTTPS."))
@click.option("--no-worker", is_flag=True, help=_("Leave jobs to `custrata worker`."))
@database_option
def serve(host: str, port: int, proxy: str | None, no_worker: bool, database: str | None) -> None:
    """See HELP."""
    from custrata.service.people.users import FIRST, first_admin

    with desk_at(database) as desk:
        given = first_admin(desk)
        if given:
            click.echo(
                _("the first sign-in: {login}, one-time password {password}").format(
                    login=FIRST, password=given
                )
            )
        if not (proxy or _is_here(host)):
            click.echo(
                _(
                    "warning: what travels to {host} can be read on its way: put a web "
                    "server with HTTPS in front, and name it with --proxy"
                ).format(host=host),
                err=True,
            )
        until_stopped(desk, host, port, worker=not no_worker, proxy=proxy)


def until_stopped(
    desk: Desk, host: str, port: int, *, worker: bool = True, proxy: str | None = None
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        click.ClickException: the port cannot be had.
    """
    from custrata.admin.server import is_built, serving

    if not is_built():
        told = _("warning: the panel is not built: `make demo` in the clone builds it")
        click.echo(told, err=True)
    try:
        with (
            stopping() as stop,
            serving(desk, host, port, worker=worker, proxy=proxy, beside=_rest(desk)) as address,
        ):
            click.echo(_("the panel: {address}  (Ctrl-C stops it)").format(address=address))
            stop.wait()
            click.echo(_("stopping"))
    except OSError as error:
        told = _("cannot listen on {host}, port {port}: {why}; --host and --port name others")
        why = error.strerror or str(error)
        raise click.ClickException(told.format(host=host, port=port, why=why)) from None


def _rest(desk: Desk) -> dict[str, Any]:
    """REST, by how its addresses begin, where it is installed."""
    api = rest()
    return {} if api is None else {f"{api.PREFIX}/": api.create_app(desk).wsgi_app}


def _is_here(host: str) -> bool:
    """Whether nobody beyond this machine can ask."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
