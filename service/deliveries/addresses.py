"""Where a request may go: never to a place inside the house that nobody allowed.

A name is looked up once, and the request goes to the address that was looked at: a name that
answers otherwise the next time cannot get around it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from custrata.service.values import needed, wrong

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a host, for a port; raises OSError where it has none."""
PORTS = {"https": 443, "http": 80}
_ALLOWED = "https://host/path, without a user or a password"
_WITHIN = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 in disguise: https://www.rfc-editor.org/rfc/rfc6052."""
_PUBLIC = IPv6Network("2000::/3")
"""All that is given out of IPv6: https://www.iana.org/assignments/ipv6-address-space."""
_KEYS = frozenset(map(ip_address, ("100.100.100.200", "fd00:ec2::254", "fd20:ce::254")))
"""Where clouds hand out the keys of a machine to whoever asks on it, beside link-local ones."""


@dataclass(frozen=True)
class Place:
    """The parts of a URL that a request needs."""

    secure: bool
    host: str
    port: int
    path: str


class Forbidden(Exception):
    """The place may not be sent to."""


def place_of(url: str, *, allow_private: bool) -> Place:
    """A URL that may be sent to, as far as it tells by itself.

    Args:
        allow_private: whether it may be inside the house, and so without TLS.

    Raises:
        DataError: it is none (`webhook-url`), or may not be sent to (`webhook-private`); its
            text is not told, since it may hold a password.
    """
    text = needed("url", url)
    try:
        parts = urlsplit(text)
        port = PORTS[parts.scheme] if parts.port is None else parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, KeyError):
        raise wrong("webhook-url", "this is no address of a receiver", _ALLOWED) from None
    if not host or parts.username or parts.password or parts.fragment or not _plain(text):
        raise wrong("webhook-url", "this is no address of a receiver", _ALLOWED)
    if parts.scheme == "http" and not allow_private:
        fault = "an address without TLS would send labels in the clear"
        raise wrong("webhook-private", fault, "https://, or a destination inside the house")
    if (literal := _literal(host)) is not None and not is_allowed(literal, inside=allow_private):
        allowed = "a public one, or a destination inside the house"
        raise wrong("webhook-private", "this address is private", allowed)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(parts.scheme == "https", host, port, path)


def resolved(place: Place, resolve: Resolve, *, allow_private: bool) -> Address:
    """The address of a place to connect to; every one that its name has must be allowed.

    Raises:
        Forbidden: one of them is private.
        OSError: the name is not known.
    """
    found = [ip_address(one.partition("%")[0]) for one in resolve(place.host, place.port)]
    if not found:
        raise OSError("no address")
    if not all(is_allowed(one, inside=allow_private) for one in found):
        raise Forbidden
    return found[0]


def look_up(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def is_allowed(address: Address, *, inside: bool) -> bool:
    """Whether an address may be sent to.

    Those where clouds hand out keys never, link-local ones among them.

    Args:
        inside: whether private ones and this machine may be sent to too.
    """
    plain = _undisguised(address)
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain in _KEYS:
        return False
    return inside or (plain.is_global and (isinstance(plain, IPv4Address) or plain in _PUBLIC))


def _undisguised(address: Address) -> Address:
    """The address of IPv4 that one of IPv6 stands for."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo:
        inner = address.teredo[1]
    if inner is None and address in _WITHIN:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _plain(text: str) -> bool:
    """Whether nothing in a URL would end a line or a word of a request."""
    return (
        all("!" <= sign <= "~" for sign in text if sign.isascii())
        and (urlsplit(text).path + urlsplit(text).query).isascii()
    )
