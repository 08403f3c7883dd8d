"""What is wrong with one part of a rules file, and how it becomes a diagnostic.

Schemas, cells and checks all say what is wrong as a `Fault`: a text that carries its code and
what would be right. Marshmallow keeps messages as they are, so a fault comes out of
`ValidationError.messages` under the path of its part, and the path gives the place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from marshmallow import ValidationError
from marshmallow.exceptions import SCHEMA

from custrata.engine.diagnostics import Diagnostic, Mark, Severity, nearest

_LONGEST_QUOTE = 60
_LONGEST_WORD = 100
_MOST_WORDS = 500


class Fault(str):
    """What is wrong: lower case, no full stop.

    Attributes:
        code: kebab-case.
        allowed, nearest: as in `Diagnostic`.
        at_key: whether the key is at fault, not what it holds.
    """

    code: str
    allowed: str | None
    nearest: str | None
    at_key: bool

    def __new__(
        cls,
        text: str,
        code: str = "wrong-value",
        *,
        allowed: str | None = None,
        nearest: str | None = None,
        at_key: bool = False,
    ) -> Fault:
        """A fault of that text."""
        self = super().__new__(cls, text)
        self.code, self.allowed, self.nearest, self.at_key = code, allowed, nearest, at_key
        return self

    def diagnostic(
        self, mark: Mark | None, place: str = "", severity: Severity = Severity.ERROR
    ) -> Diagnostic:
        """The fault, at its place."""
        message = f"{place}: {self}" if place else str(self)
        return Diagnostic(self.code, message, severity, mark, self.allowed, self.nearest)


def refused(text: str, code: str = "wrong-value", **more: Any) -> ValidationError:
    """The exception that carries one fault."""
    return ValidationError(Fault(text, code, **more))


def quoted(value: Any) -> str:
    """What somebody wrote, for a message."""
    text = repr(value) if isinstance(value, str) else _plain(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 4]} ..."


def listed(words: Iterable[Any]) -> str:
    """Words, for a message."""
    return ", ".join(str(word) for word in words)


def near(word: Any, known: Collection[Any]) -> str | None:
    """The nearest spelling; None where looking for it would take long."""
    if (
        not known
        or not isinstance(word, str)
        or len(word) > _LONGEST_WORD
        or len(known) > _MOST_WORDS
    ):
        return None
    return nearest(word, (other for other in known if isinstance(other, str)))


def flattened(messages: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every message of a `ValidationError`, with the path of its part."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from flattened(inner, path if key == SCHEMA else (*path, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from flattened(inner, path)
    else:
        yield path, messages


_MARSHMALLOW = {
    "Missing data for required field.": ("is missing", "missing-key"),
    "Field may not be null.": ("must not be empty", "null-value"),
    "Unknown field.": ("is not known", "unknown-key"),
    "Invalid input type.": ("must be a mapping", "wrong-type"),
}


def as_fault(message: str) -> Fault:
    """A message as a fault; marshmallow's own are put into our words."""
    if isinstance(message, Fault):
        return message
    text = str(message)
    if text in _MARSHMALLOW:
        return Fault(*_MARSHMALLOW[text])
    return Fault(text[:1].lower() + text[1:].removesuffix("."), "wrong-value")


def place(path: Iterable[Any]) -> str:
    """The dotted place of a path: `rfm.recency_days`, `rfm.rules.4.frequency`."""
    steps = list(path)
    if steps[:1] == ["classifiers"] and len(steps) > 1:
        steps = steps[1:2] + _within_classifier(steps[2:])
    return ".".join(str(step + 1) if isinstance(step, int) else _short(str(step)) for step in steps)


def _within_classifier(steps: list[Any]) -> list[Any]:
    if len(steps) < 2 or steps[0] not in ("table", "bands"):
        return steps
    if steps[0] == "table":
        return steps[1:]
    inner = [step for step in steps[2:] if isinstance(step, str) and step not in ("cuts", "names")]
    return [steps[1], *inner]


def _short(step: str) -> str:
    return step if len(step) <= _LONGEST_QUOTE else f"{step[:_LONGEST_QUOTE]}..."


def _plain(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value) if isinstance(value, int) else str(float(value))
