"""Addresses as they were sent: a slash that is written `%2F` belongs to an id and parts nothing.

WSGI hands addresses over decoded, where `Z%2Flabels` and `Z/labels` are one. Servers tell besides
how an address was written: by that, `/` and `%` of ids are written `%2F` and `%25` again before the
address is looked up, and read afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, request
from werkzeug.routing import UnicodeConverter

from custrata.api.here import store
from custrata.service.customers.touched import need_customer
from custrata.store.faults import StoreError, refuse

_WRITTEN = ("RAW_URI", "REQUEST_URI")
"""Where servers tell how an address was written."""
_CLEAR = "custrata.api.clear"
_NOBODYS = "/"
"""An address that nothing answers at."""
_SIGN = re.compile("%[0-9A-Fa-f]{2}|.", re.DOTALL)
_CUSTOMER = "<customer_id>"


class _Id(UnicodeConverter):
    """A part of an address: any text."""

    def to_python(self, value: str) -> str:
        """The text itself."""
        return unquote(value)


def install(app: Flask) -> None:
    """Have an application look addresses up as they were sent."""
    app.url_map.merge_slashes = False  # or `//x`, nobody's address, would lead to `x`
    app.url_map.converters["default"] = _Id
    app.wsgi_app = _as_sent(app.wsgi_app)  # type: ignore[assignment,method-assign]


def check_address() -> None:
    """Refuse an address of which nobody can tell whose it is.

    Raises:
        StoreError: the server does not tell how it was written, and there is a customer whose id
            ends like this operation's address.
    """
    below = str(request.url_rule).partition(_CUSTOMER)[2]
    if not below or request.environ[_CLEAR]:
        return
    if _is_known(f"{request.view_args['customer_id']}{below}"):  # type: ignore[index]
        told = f"nobody can tell whether {below} belongs to the id"
        raise refuse("address-unclear", told, "a server that tells REQUEST_URI or RAW_URI")


def _is_known(customer_id: str) -> bool:
    try:
        with store().database.read() as session:
            need_customer(session, customer_id)
    except StoreError as error:
        if error.diagnostics[0].code != "no-customer":
            raise
        return False
    return True


def _as_sent(app: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        decoded = environ["PATH_INFO"]
        written = _written(environ, decoded)
        path = _kept(decoded, written or list(decoded)) if _is_text(decoded) else _NOBODYS
        return app({**environ, "PATH_INFO": path, _CLEAR: written is not None}, start_response)

    return answer


def _is_text(decoded: str) -> bool:
    """Whether it is UTF-8; all that is none would be read alike, and lead to one customer."""
    try:
        decoded.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


def _written(environ: WSGIEnvironment, decoded: str) -> list[str] | None:
    """How each sign of a path was written; None where the server does not tell."""
    for name in _WRITTEN:
        address = environ.get(name, "").partition("?")[0]
        signs = _SIGN.findall(address)[-len(decoded) :]
        if _read("".join(signs)) == decoded:
            return signs
    return None


def _read(written: str) -> str:
    """What was written, as WSGI has it: bytes as Latin-1."""
    return unquote_to_bytes(written.encode("latin-1")).decode("latin-1")


def _kept(decoded: str, written: list[str]) -> str:
    """A path in which `%` and the slashes of ids are written anew."""
    pairs = zip(decoded, written, strict=True)
    return "".join(
        f"%{ord(sign):02X}" if sign == "%" or (sign == "/" and how != "/") else sign
        for sign, how in pairs
    )
