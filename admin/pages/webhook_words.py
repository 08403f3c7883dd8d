"""Why a receiver did not take what was sent, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata.admin.language import _, lazy

_FAULTS: Mapping[str, Any] = {
    "private": lazy("Its address is private, which is not allowed."),
    "address": lazy("Its address may not be sent to."),
    "name": lazy("The name in its address is not known."),
    "tls": lazy("Its certificate is not valid, or it speaks no TLS."),
    "late": lazy("It did not answer in time."),
    "away": lazy("It cannot be reached."),
}
_ANSWERED = "answered:"


def fault_words(fault: str) -> str:
    """A fault of a delivery as a sentence; see `deliveries.posting.Answer`."""
    if fault.startswith(_ANSWERED):
        return str(_("It answered %(status)s.", status=fault.removeprefix(_ANSWERED)))
    return str(_FAULTS.get(fault, fault))
