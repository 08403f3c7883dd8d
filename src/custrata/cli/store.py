"""The store that a command works on."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custrata.cli.text import _

if TYPE_CHECKING:
    from custrata.service.desk import Desk

VARIABLE = "CUSTRATA_DATABASE"
Function = TypeVar("Function", bound=Callable[..., Any])


def database_option(function: Function) -> Function:
    """`--database URL`; else the variable CUSTRATA_DATABASE, else a file of this folder."""
    text = _(
        "Address of the database: sqlite:///file, postgresql://user@host/name or "
        "mariadb://user@host/name. Default: CUSTRATA_DATABASE, else custrata.db in this folder."
    )
    return click.option("--database", metavar="URL", help=text)(function)


@contextmanager
def desk_at(url: str | None) -> Iterator[Desk]:
    """The desk of whoever types, at the store of that address; its connections are closed after.

    Raises:
        CustrataError: the store cannot be opened.
    """
    from custrata.service.setup import open_store

    place = address(url)
    new = _is_new(place)
    desk = open_store(place, by=_who())
    if new:
        click.echo(_("a new store was made: {place}").format(place=place), err=True)
    try:
        yield desk
    finally:
        desk.database.close()


def address(url: str | None) -> str:
    """The address that was named, or the usual one."""
    from custrata.store.database import default_url

    return url or os.environ.get(VARIABLE) or default_url(Path.cwd())


def _is_new(place: str) -> bool:
    """Whether it is a file that is not there: it may be misspelt, so its making is told."""
    name = place.partition(":///")[2].partition("?")[0]
    return place.startswith("sqlite") and bool(name) and not Path(name).exists()


def _who() -> str:
    """The person at the keyboard, as the system knows her."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "system"
