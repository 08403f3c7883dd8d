"""Mail through the firm's own server: SMTP, with TLS wherever it is offered.

The server is named by the environment, since its address holds a password:

    CUSTRATA_SMTP       smtp://user:password@host:587, smtps://user:password@host:465
    CUSTRATA_MAIL_FROM  crm@example.com, or "The CRM <crm@example.com>"
"""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from custrata.service.desk import Desk
from custrata.service.values import wrong
from custrata.store.faults import StoreError, refuse

SERVER, SENDER = "CUSTRATA_SMTP", "CUSTRATA_MAIL_FROM"
_ALLOWED = "smtp://user:password@host:587 or smtps://user:password@host:465"
_PORTS = {"smtp": 587, "smtps": 465}
_PATIENCE = 30.0
"""Seconds for which a server is waited for."""
_PERMANENT = 500


@dataclass(frozen=True)
class Server:
    """Where mail is handed in. `secure`: TLS from the first byte on."""

    host: str
    port: int
    secure: bool
    user: str | None
    password: str | None = field(repr=False)
    sender: Address


@dataclass(frozen=True)
class Letter:
    """A mail to one person.

    Attributes:
        mark: tells it from others for good, such as `morning.2026-11-22.an`: who gets it twice
            has it once, since mail programs go by it.
    """

    to: str
    subject: str
    text: str
    html: str
    mark: str


def server(environment: Mapping[str, str] = os.environ) -> Server:
    """The server that the environment names.

    Raises:
        StoreError: it names none (`mail-off`).
        DataError: an address that cannot be; its text is not told, since it may hold a password.
    """
    given, sender = environment.get(SERVER, ""), environment.get(SENDER, "")
    if not given or not sender:
        lacking = SENDER if given else SERVER
        raise refuse("mail-off", f"the variable {lacking} is not set", _ALLOWED)
    try:
        parts = urlsplit(given)
        port = parts.port or _PORTS[parts.scheme]
        host = parts.hostname or ""
    except (ValueError, KeyError):
        raise wrong("mail-server", f"{SERVER} is no address of a server", _ALLOWED) from None
    if not host:
        raise wrong("mail-server", f"{SERVER} names no host", _ALLOWED)
    user, password = (unquote(one) if one else None for one in (parts.username, parts.password))
    return Server(host, port, parts.scheme == "smtps", user, password, address(sender))


def address(text: str) -> Address:
    """One address, `an@example.com` or `An <an@example.com>`.

    Raises:
        DataError: it is none, or several, or holds what no header may.
    """
    found = _addresses(text) if text.isprintable() else ()
    if len(found) != 1 or not found[0].username or not found[0].domain:
        raise wrong("mail-address", "this is no e-mail address", "such as an@example.com")
    return found[0]


def _addresses(text: str) -> tuple[Address, ...]:
    try:
        head = SMTP.header_factory("to", text)
    except (IndexError, ValueError):  # the parser stumbles over some of what is none
        return ()
    return () if head.defects else tuple(head.addresses)


def composed(letter: Letter, sender: Address, desk: Desk) -> EmailMessage:
    """A mail in plain text with the same as HTML.

    Raises:
        DataError: an address or a subject that would break its head.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, address(letter.to)
    if not letter.subject.isprintable():
        raise wrong("mail-subject", "the subject holds signs that cannot be seen", "one line")
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(desk.now())
    mail["Message-ID"] = f"<{_plain(letter.mark)}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


def post(desk: Desk, to: Server, letter: Letter) -> None:
    """Hand a mail in.

    Raises:
        StoreError: the server refuses it for good (`mail-refused`), or a password would go to it
            in the clear (`mail-plain`).
        OSError, smtplib.SMTPException: it may work later.
    """
    mail = composed(letter, to.sender, desk)
    with _told(), _connected(to) as connection:
        connection.send_message(mail)


@contextmanager
def _connected(to: Server) -> Iterator[smtplib.SMTP]:
    """Signed in, over TLS where there is any; its certificate is checked."""
    context = ssl.create_default_context()
    if to.secure:
        opened: smtplib.SMTP = smtplib.SMTP_SSL(
            to.host, to.port, timeout=_PATIENCE, context=context
        )
    else:
        opened = smtplib.SMTP(to.host, to.port, timeout=_PATIENCE)
    try:
        opened.ehlo()
        safe = to.secure
        if not safe and opened.has_extn("starttls"):
            opened.starttls(context=context)
            opened.ehlo()
            safe = True
        if to.user is not None:
            if not safe and not _is_here(to.host):
                fault = f"{to.host} offers no TLS: the password could be read on its way"
                raise refuse("mail-plain", fault, "a server with STARTTLS, or smtps://")
            opened.login(to.user, to.password or "")
        yield opened
    finally:
        with suppress(smtplib.SMTPException, OSError):  # what was taken was taken
            opened.quit()


@contextmanager
def _told() -> Iterator[None]:
    """What the server refuses for good, in words that hold no address and no password."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if min(codes) < _PERMANENT:
            raise
        raise _refused(codes[0]) from None
    except smtplib.SMTPResponseException as error:
        if error.smtp_code < _PERMANENT:
            raise
        raise _refused(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        raise refuse("mail-refused", "the mail server cannot do what this mail needs") from None


def _refused(code: int) -> StoreError:
    return refuse("mail-refused", f"the mail server refused it with code {code}")


def _plain(mark: str) -> str:
    """Signs that an id of a message may have."""
    return "".join(
        one if one.isascii() and (one.isalnum() or one in ".-_") else "_" for one in mark
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
