"""A store beside a host's own tables: near them, never among them.

Both have tables `users` and `customers`, and Alembic's table of revisions.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, inspect, text
from sqlalchemy.orm import Session, scoped_session

from custrata.store.engines import place_of
from custrata.store.faults import refuse, understood

Bind = Engine | Connection | Session | scoped_session[Session]
"""What a host has of its database."""
NAME = "custrata"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_SERVERS = {"postgresql": "postgresql", "mariadb": "mariadb", "mysql": "mariadb"}
_SOCKET = "unix_socket"
_URI = "file:"
_OWN = "the address of a database for custrata"


def beside(host: Bind, name: str = NAME) -> str:
    """The address of a store beside a host's tables, with its password; the place is made.

    On PostgreSQL a schema of the host's database, on MariaDB a database on the host's server, on
    SQLite a file in the folder of the host's; each of that name. The store has connections of its
    own there: its transactions begin and end otherwise than a host's.

    Raises:
        StoreError: it is no database, one of another kind, in memory, or a file named by a URI; or
            the place may not be made.
    """
    if not _NAME.fullmatch(name):
        allowed = "1 to 63 of a to z, digits and _, a letter first"
        raise refuse("database-address", f"{name[:40]!r} cannot be the name of a schema", allowed)
    engine = _engine(host)
    kind = engine.url.get_backend_name()
    if kind == "sqlite":
        return _file(engine.url, name)
    if kind not in _SERVERS:
        fault = f"databases of the kind {kind!r} are not supported"
        raise refuse("database-address", fault, "one of SQLite, PostgreSQL or MariaDB")
    with understood(place_of(engine.url)):
        _make(engine, name)
    found = _schema(engine.url, name) if kind == "postgresql" else _database(engine.url, name)
    return found.set(drivername=_SERVERS[kind]).render_as_string(hide_password=False)


def _engine(host: Any) -> Engine:
    bind = host.get_bind() if isinstance(host, (Session, scoped_session)) else host
    if not isinstance(bind, (Engine, Connection)):
        fault = f"a {type(bind).__name__} is no database of a host's"
        allowed = f"an engine, a connection or a session of SQLAlchemy, or {_OWN}"
        raise refuse("database-address", fault, allowed)
    return bind.engine


def _file(url: URL, name: str) -> str:
    if url.database in (None, "", ":memory:"):
        fault = "the host's database is in memory, where nothing can be kept beside it"
        raise refuse("database-address", fault, _OWN)
    if str(url.database).startswith(_URI):
        fault = "the host's database is named by a URI, which does not say where others may stand"
        raise refuse("database-address", fault, f"sqlite:///file.db, or {_OWN}")
    return f"sqlite:///{Path(str(url.database)).resolve().with_name(f'{name}.db')}"


def _make(engine: Engine, name: str) -> None:
    """Make the place where it is not; looking first, since making takes a right of its own."""
    if name in inspect(engine).get_schema_names():
        return
    kind = "SCHEMA" if engine.dialect.name == "postgresql" else "DATABASE"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE {kind} IF NOT EXISTS {name}"))


def _schema(url: URL, name: str) -> URL:
    told = url.query.get("options", ())
    options = " ".join([*([told] if isinstance(told, str) else told), f"-csearch_path={name}"])
    return url.update_query_dict({"options": options})


def _database(url: URL, name: str) -> URL:
    """Other drivers call their options otherwise; all know the socket."""
    ours = {key: value for key, value in url.query.items() if key == _SOCKET}
    kept = url.query if url.get_driver_name() == "pymysql" else ours
    return url.set(database=name, query=kept)
