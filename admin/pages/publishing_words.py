"""What is told of drafts and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata.admin.language import lazy

STATES: Mapping[str, tuple[Any, str]] = {
    "editing": (lazy("being written"), "plain"),
    "review": (lazy("in review"), "info"),
    "approved": (lazy("approved"), "good"),
    "scheduled": (lazy("to be published at a time"), "good"),
    "published": (lazy("published"), "good"),
    "discarded": (lazy("given up"), "warn"),
}
"""The words of a draft's state, and the tone of its badge."""
KINDS: Mapping[str, Any] = {
    "seed": lazy("shipped with custrata"),
    "publish": lazy("published draft"),
    "import": lazy("imported file"),
    "roll_back": lazy("rolled back"),
}
