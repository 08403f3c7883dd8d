"""Passwords: which are good enough, and how they are kept."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from custrata.service.values import wrong

SHORTEST, LONGEST = 10, 1_000
"""Signs of a password."""
HASHER = PasswordHasher()
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another."""


def check_password(login: str, password: str) -> None:
    """Refuse a password that is too easy.

    Raises:
        DataError: it is too short, too long, or the login.
    """
    same = unicodedata.normalize("NFC", password).casefold() == login.casefold()
    if same or not SHORTEST <= len(password) <= LONGEST:
        fault = (
            "the password is the login"
            if same
            else f"the password has {len(password):,} characters"
        )
        raise wrong(
            "password-weak", fault, f"{SHORTEST} to {LONGEST:,} characters, other than the login"
        )


def hashed(password: str) -> str:
    """What is kept of a password."""
    return HASHER.hash(_typed(password))


def verified(kept: str | None, password: str) -> bool:
    """Whether this is the password; takes as long where there is none to compare with."""
    try:
        HASHER.verify(kept or nobodys(), _typed(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_dated(kept: str) -> bool:
    """Whether passwords are hashed otherwise by now."""
    return HASHER.check_needs_rehash(kept)


def one_time() -> str:
    """A password to be typed once, and changed: 77 bits in groups that can be read out."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def _typed(password: str) -> bytes:
    """The same bytes, whichever way a keyboard composes letters with accents."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@cache
def nobodys() -> str:
    """The hash of a password that nobody knows."""
    return HASHER.hash(secrets.token_bytes(16))
