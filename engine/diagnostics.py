"""Faults found in rules or data, as values; and the exceptions that carry them.

A diagnostic says what is wrong, where, and what is allowed there. Many are gathered before
one exception is raised, so that a person mends a file in one go.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a fault is: an error stops the work, a warning and an info do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Mark:
    """A place in a file; lines and columns count from 1, 0 where there is none."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        parts = (self.file, *(str(number) for number in (self.line, self.column) if number))
        return ":".join(parts)


@dataclass(frozen=True)
class Diagnostic:
    """One fault.

    Attributes:
        code: stable kebab-case name, for example `cuts-descend`.
        message: lower case, no full stop; names the thing and the fault.
        severity: error, warning or info.
        mark: where it stands; None where no file is concerned.
        allowed: what would be right, in words.
        nearest: the known spelling closest to what was written.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR
    mark: Mark | None = None
    allowed: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        place = f"{self.mark} " if self.mark else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        nearest = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{place}{self.severity}[{self.code}] {self.message}{allowed}{nearest}"


def warning(code: str, message: str, mark: Mark | None = None) -> Diagnostic:
    """A diagnostic that does not stop the work."""
    return Diagnostic(code, message, Severity.WARNING, mark)


def counted(number: int, noun: str, of: str) -> str:
    """The head of a sentence: `1 row of x is`, `2,000 rows of x are`."""
    one = number == 1
    return f"{number:,} {noun}{'' if one else 's'} of {of} {'is' if one else 'are'}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word closest to `word`, or None where none is close."""
    words = list(known)
    longer = [one for one in words if len(word) > 3 and one.startswith(f"{word}_")]
    found = longer or difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return found[0] if found else None


class CustrataError(Exception):
    """Base of every error that custrata raises on purpose; carries its diagnostics."""

    def __init__(self, diagnostics: Iterable[Diagnostic] | Diagnostic):
        given = [diagnostics] if isinstance(diagnostics, Diagnostic) else list(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(given)
        super().__init__("\n".join(str(one) for one in self.diagnostics))


class RulesError(CustrataError):
    """The rules are at fault."""


class DataError(CustrataError):
    """The data, or a file that holds it, are at fault."""


class PluginError(CustrataError):
    """A plugin that the rules use cannot be loaded, or breaks the contract."""
