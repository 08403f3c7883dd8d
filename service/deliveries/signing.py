"""How a receiver knows that a request is ours, and not an old one sent again.

    Custrata-Signature: t=1763701200,v1=5257a869e7...

`t` is the moment of sending in seconds since 1970, `v1` the HMAC-SHA256 of `t`, a point and the
body, in hexadecimal digits; there are several while a secret is being replaced.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence

from custrata.service.desk import Desk
from custrata.service.people.secret import session_secret

KEY = "CUSTRATA_WEBHOOK_KEY"
"""Names the key that all secrets are made with; without it, that of the store's sessions is."""
HEADER = "Custrata-Signature"


def new_salt() -> str:
    """What makes a secret one of its own."""
    return secrets.token_urlsafe(16)


def key_of(desk: Desk, environment: Mapping[str, str] = os.environ) -> str:
    """The key that secrets are made with."""
    return environment.get(KEY) or session_secret(desk)


def secret_of(key: str, name: str, salt: str) -> str:
    """The secret of a destination; made anew whenever it is needed, kept nowhere."""
    made = hmac.digest(key.encode(), f"webhook:{name}:{salt}".encode(), hashlib.sha256)
    return "whsec_" + base64.urlsafe_b64encode(made).decode("ascii").rstrip("=")


def signature(with_secrets: Sequence[str], at: int, body: bytes) -> str:
    """The value of the header, with a mark by each secret."""
    signed = b"%d." % at + body
    marks = (hmac.digest(one.encode(), signed, hashlib.sha256).hex() for one in with_secrets)
    return ",".join((f"t={at}", *(f"v1={mark}" for mark in marks)))
