"""One request: posted to an address that was looked at, within a time, followed nowhere."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from math import ceil
from threading import Thread, Timer

from custrata.engine.diagnostics import CustrataError
from custrata.service.deliveries.addresses import (
    PORTS,
    Address,
    Forbidden,
    Place,
    Resolve,
    look_up,
    place_of,
    resolved,
)

PATIENCE = 10.0
"""Seconds for which a receiver is waited for, from the connection to the head of its answer; and
before that for its address."""
_MOST = 64 * 1024
_OK = range(200, 300)
REFUSED = frozenset(f"answered:{status}" for status in (400, 413, 415, 422))
"""Faults of what was sent and not of the receiver: the same again would be refused too."""
BUSY = 429
"""The status of a receiver that is asked too much, whatever it is asked."""
_DIGITS = 7


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes:
        status: None where nobody answered.
        fault: why it failed; None where it did not. `private` (its address is, and that is not
            allowed), `address` (no such may be sent to), `name` (not known), `tls` (no valid
            certificate), `late`, `away` (cannot be reached), or `answered:503`. Never what the
            receiver wrote.
        after: seconds for which the receiver asks to be left alone.
    """

    status: int | None
    fault: str | None
    after: int | None = None


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_private: bool,
    resolve: Resolve = look_up,
    patience: float = PATIENCE,
) -> Answer:
    """Post; whatever goes wrong is told, not raised. Redirects and proxies are not followed."""
    try:
        place = place_of(url, allow_private=allow_private)
        address = resolved(place, _within(patience, resolve), allow_private=allow_private)
    except Forbidden:
        return Answer(None, "private")
    except CustrataError:
        return Answer(None, "address")
    except TimeoutError:
        return Answer(None, "late")
    except (OSError, UnicodeError, ValueError):
        return Answer(None, "name")
    return _ask(_Pinned(place, address, patience), place, body, headers)


def _within(seconds: float, resolve: Resolve) -> Resolve:
    """The same, given up after its time: the system's resolver may take minutes."""

    def found(host: str, port: int) -> Sequence[str]:
        told: Future[Sequence[str]] = Future()
        Thread(target=_tell, args=(told, partial(resolve, host, port)), daemon=True).start()
        return told.result(seconds)

    return found


def _tell(told: Future[Sequence[str]], look: Callable[[], Sequence[str]]) -> None:
    try:
        told.set_result(look())
    except Exception as error:  # noqa: BLE001 - raised again where it is waited for
        told.set_exception(error)


class _Pinned(http.client.HTTPConnection):
    """A connection to an address, as the host that it belongs to; broken off after its time."""

    def __init__(self, place: Place, address: Address, patience: float):
        super().__init__(place.host, place.port, timeout=patience)
        self.default_port = PORTS["https" if place.secure else "http"]
        self.late = False
        self._address, self._secure = address, place.secure

    def connect(self) -> None:
        self.sock = socket.create_connection((str(self._address), self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def break_off(self) -> None:
        """End it, from another thread, whatever it waits for."""
        self.late = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _ask(connection: _Pinned, place: Place, body: bytes, headers: Mapping[str, str]) -> Answer:
    timer = Timer(connection.timeout or PATIENCE, connection.break_off)
    timer.daemon = True  # the time of a socket begins anew with every byte
    timer.start()
    try:
        connection.request("POST", place.path, body, dict(headers))
        answer = connection.getresponse()
        if connection.late:  # http.client takes a head that was broken off for a whole one
            return Answer(None, "late")
        with suppress(OSError, http.client.HTTPException, ValueError):
            answer.read(_MOST)
        return _told(answer)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(None, _fault(connection, error))
    finally:
        timer.cancel()
        connection.close()


def _fault(connection: _Pinned, error: Exception) -> str:
    if connection.late or isinstance(error, TimeoutError):
        return "late"
    return "tls" if isinstance(error, ssl.SSLError) else "away"


def _told(answer: http.client.HTTPResponse) -> Answer:
    if answer.status in _OK:
        return Answer(answer.status, None)
    after = _seconds(answer.headers.get("Retry-After", "").strip())
    return Answer(answer.status, f"answered:{answer.status}", after)


def _seconds(asked: str) -> int | None:
    """For how long a receiver wants to be left alone: a number of seconds, or until a moment."""
    if asked.isascii() and asked.isdecimal():
        return int(asked) if len(asked) < _DIGITS else None
    try:
        until = parsedate_to_datetime(asked).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0, ceil(until - time.time()))
