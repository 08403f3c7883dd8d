"""The panel on a port, and a worker beside it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType
from typing import Any

from flask import Flask
from waitress.server import create_server

from custrata.admin.app import create_app
from custrata.admin.morning_mail import all_kinds
from custrata.service.desk import Desk
from custrata.service.work.worker import work

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""An application, as servers call it."""
_HERE = Path(__file__).parent
_THREADS = 8
_PROXY = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port"}


@contextmanager
def serving(
    desk: Desk,
    host: str,
    port: int,
    *,
    worker: bool = True,
    proxy: str | None = None,
    beside: Mapping[str, Wsgi] = MappingProxyType({}),
) -> Iterator[str]:
    """The address at which the panel answers, until the end.

    Args:
        port: 0 takes any that is free.
        worker: whether jobs are done here too: runs, imports, the clock's.
        proxy: the address of one that speaks HTTPS and is believed who asks; cookies then travel
            by HTTPS alone.
        beside: REST, by how the addresses begin that are its; empty where it is not installed.

    Raises:
        OSError: the port is taken, or the host is none of this machine.
        StoreError: the store does not answer.
    """
    app = create_app(desk, SESSION_COOKIE_SECURE=proxy is not None, CUSTRATA_REST=bool(beside))
    listening = _listening(host, port)
    options = {"threads": _THREADS, "max_request_body_size": _largest(app), **_proxied(proxy)}
    server: Any = create_server(_parted(app, beside), sockets=[listening], **options)
    stop = Event()
    threads = [Thread(target=server.run, daemon=True)]
    if worker:
        doing = {"stop": stop, "kinds": all_kinds()}
        threads.append(Thread(target=work, args=(desk.of("system"),), kwargs=doing))
    for thread in threads:
        thread.start()
    try:
        yield f"http://{_named(host)}:{server.effective_port}/"
    finally:
        stop.set()
        server.close()
        for thread in threads[1:]:
            thread.join()


def is_built() -> bool:
    """Whether what `make` brings is there; what is installed from a bare clone lacks it."""
    return (_HERE / "static" / "vendor" / "htmx.min.js").exists()


def _parted(app: Flask, beside: Mapping[str, Wsgi]) -> Wsgi:
    """The panel, and the applications beside it."""

    def parted(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        theirs = (one for begins, one in beside.items() if path.startswith(begins))
        found: Wsgi = next(theirs, app)
        return found(environ, start)

    return parted


def _largest(app: Flask) -> int:
    """What no page takes is not received either."""
    largest: int = app.config["CUSTRATA_UPLOAD_BYTES"] + app.config["MAX_CONTENT_LENGTH"]
    return largest


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _proxied(proxy: str | None) -> dict[str, Any]:
    if proxy is None:
        return {"ident": None}
    return {
        "ident": None,
        "trusted_proxy": proxy,
        "trusted_proxy_headers": _PROXY,
        "clear_untrusted_proxy_headers": True,
    }


def _named(host: str) -> str:
    """A host as it is typed into a browser on this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - asked for
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
