"""Rules as text: read from files, checked, and what a store can hold of them."""

from __future__ import annotations

from pathlib import Path

from custrata.engine.diagnostics import Diagnostic, RulesError, Severity
from custrata.engine.rules.document import MAX_BYTES, read_document
from custrata.service.rules.versions import engine_of_text
from custrata.store.faults import refuse

_TITLE = 200


def read_text(path: Path) -> str:
    """A rules file's text, to the character.

    Raises:
        RulesError: it is no text. OSError: it cannot be read.
    """
    data = path.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise RulesError(read_document(data, str(path)).faults) from None


def diagnostics_of(text: str, name: str = "draft") -> tuple[Diagnostic, ...]:
    """All that `custrata check` says of rules; `name` stands for the file."""
    try:
        return engine_of_text(text, name).check()
    except RulesError as error:
        return error.diagnostics


def need_sound(text: str, name: str = "draft") -> None:
    """Only rules without errors come into force.

    Raises:
        RulesError: there are some; carries every diagnostic.
    """
    found = diagnostics_of(text, name)
    if any(one.severity is Severity.ERROR for one in found):
        raise RulesError(found)


def need_storable(text: str) -> None:
    """Rules may be wrong, and are kept all the same; but not what is no text at all.

    Raises:
        StoreError: it is none, or larger than rules may be.
    """
    if not _is_text(text) or len(text.encode()) > MAX_BYTES:
        raise refuse("rules-text", "this is no text of rules", f"text of {MAX_BYTES:,} bytes")


def title_of(text: str) -> str:
    """A draft's title, trimmed.

    Raises:
        StoreError: it is empty, or too long.
    """
    title = " ".join(text.split())
    if not title or len(title) > _TITLE or not _is_text(title):
        raise refuse("draft-title", "a draft needs a title", f"1 to {_TITLE} characters")
    return title


def comment_of(text: str | None) -> str | None:
    """A comment, trimmed; None where nothing is said.

    Raises:
        StoreError: it is no text.
    """
    if text is not None and not _is_text(text):
        raise refuse("comment", "a comment holds characters that are none", "text")
    return (text or "").strip() or None


def _is_text(text: str) -> bool:
    """Whether all three databases can hold it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
