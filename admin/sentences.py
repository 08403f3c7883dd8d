"""The sentence for each kind of fault, by the code of its diagnostic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata.admin.language import lazy

SENTENCES: Mapping[str, Any] = {
    "sign-in": lazy("Login or password is wrong."),
}
"""What a fault of that code means for whoever reads it; its particulars follow in brackets."""
