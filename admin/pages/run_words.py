"""What is told of runs: states, kinds, steps, reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from custrata.admin.faults import sentence
from custrata.admin.language import lazy
from custrata.engine.diagnostics import Diagnostic, Severity

STATES: Mapping[str, tuple[Any, str]] = {
    "running": (lazy("under way"), "info"),
    "landed": (lazy("done"), "good"),
    "failed": (lazy("failed"), "bad"),
    "cancelled": (lazy("cancelled"), "warn"),
    "lost": (lazy("broke off"), "bad"),
}
"""The words of a state, and the tone of its badge."""
KINDS: Mapping[str, Any] = {
    "full": lazy("all customers"),
    "back_fill": lazy("past day"),
    "single": lazy("some customers at once"),
}
STEPS: Mapping[str, Any] = {
    "read": lazy("Reading what is known of the customers"),
    "calibrate": lazy("Finding cut points"),
    "decide": lazy("Classifying the customers"),
    "compare": lazy("Comparing with the labels before"),
    "write": lazy("Writing what changed"),
    "wait": lazy("Waiting until others have written"),
}
REASONS: Mapping[str, Any] = {
    "first": lazy("first label"),
    "facts": lazy("new facts"),
    "day": lazy("time went by"),
    "calibration": lazy("new cut points"),
    "rules": lazy("new rules"),
    "plugin": lazy("another version of a plugin"),
    "back_fill": lazy("found out for a past day"),
    "consent": lazy("consent withdrawn"),
}
_REPORTED = re.compile(r"(?:\S+ )?(error|warning|info)\[([a-z-]+)\] (.*)", re.DOTALL)


def reported(text: str) -> list[str]:
    """What was kept of faults and warnings, as sentences."""
    return [_sentence(line) for line in text.splitlines() if line.strip()]


def _sentence(line: str) -> str:
    found = _REPORTED.fullmatch(line.strip())
    if found is None:
        return line
    severity, code, message = found.groups()
    words, _, allowed = message.partition("; allowed: ")
    return sentence(Diagnostic(code, words, Severity(severity), allowed=allowed or None))
