"""What a fault is about, for who reads no English: only what needs no translation, or has one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from custrata.admin.language import _, day, lazy, number
from custrata.admin.pages import imports_words
from custrata.engine.diagnostics import Diagnostic

FIELDS: Mapping[str, Any] = {
    **imports_words.FIELDS,
    "bought": lazy("Bought"),
    "done": lazy("What was done"),
    "lacking": lazy("Not yet"),
    "offer": lazy("Offer"),
    "reason": lazy("Reason"),
    "region": lazy("Region"),
    "starts_at": lazy("Time"),
    "title": lazy("Title"),
    "until": lazy("Until"),
}
"""What forms call the fields that faults name."""
_FIELD = re.compile(r"(?:the )?([a-z_]+) (?:has|is|holds|lies)\b")
_PLACE = re.compile(r"([\w-]+(?:[./][\w-]+)+|[a-z]+_[a-z_]+(?=: ))(?:, | is | has |: )")
_QUOTED = re.compile(r"(?<!\w)'((?:[^'\\]|\\.)+)'|\"((?:[^\"\\]|\\.)+)\"")
_DAY = re.compile(r"(?<![\w-])(\d{4}-\d{2}-\d{2})(?![\w-])")
_NUMBER = re.compile(r"(?<![\w.:#-])(-?\d{1,3}(?:,\d{3})+|-?\d+)(?![\w:#-]|[.,]\d)")
_SHAPES: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"up to ([\d,-]+)(?: \w+)?"), lazy("up to %(most)s")),
    (re.compile(r"([\d,-]+) to ([\d,-]+)(?: \w+)?"), lazy("%(least)s to %(most)s")),
    (re.compile(r"([\d,-]+) or (?:more|later)"), lazy("from %(least)s")),
    (re.compile(r"after (\S+)"), lazy("after %(least)s")),
)
_CODES = re.compile(r"[\w.:@+-]+(?:, [\w.:@+-]+)+")
"""Ids, in a row; a single one could be an English word as well."""
_LONE = re.compile(r"(?:such as |an open one: )?((?=\S*\d)\S+)")


def named(message: str) -> str:
    """A message with the form's label instead of a field's code, where it begins with one."""
    found = _FIELD.match(message)
    if found is None or "_" not in found[1] or found[1] not in FIELDS:
        return message
    return f"“{FIELDS[found[1]]}”{message[found.end(1) :]}"


def particulars(one: Diagnostic) -> str:
    """The field, the values and what is allowed, without a word of English; may be empty."""
    field, values = _subject(one.message), ", ".join(_values(one.message))
    about = ": ".join(part for part in (field, values) if part)
    parts = [
        about,
        _("Allowed: %(what)s.", what=allowed) if (allowed := _allowed(one.allowed or "")) else "",
        _("Did you mean %(word)s?", word=one.nearest) if one.nearest else "",
    ]
    if about and any(parts[1:]):
        parts[0] = about + "."
    return " ".join(part for part in parts if part)


def _subject(message: str) -> str:
    found = _FIELD.match(message)
    if found and found[1] in FIELDS:
        return str(FIELDS[found[1]])
    place = _PLACE.match(message)
    return place[1] if place else ""


def _values(message: str) -> Iterator[str]:
    """What was written, else the days and numbers that the message tells."""
    place = _PLACE.match(message)
    rest = message[place.end() :] if place else message
    quoted = [first or second for first, second in _QUOTED.findall(rest)]
    if quoted:
        yield from (f"“{text}”" for text in quoted)
        return
    for found in re.finditer(f"{_DAY.pattern}|{_NUMBER.pattern}", rest):
        yield _value(found[0])


def _value(text: str) -> str:
    if _DAY.fullmatch(text):
        try:
            return day(date.fromisoformat(text))
        except ValueError:
            return text
    plain = text.replace(",", "")
    return number(int(plain)) if re.fullmatch(r"-?\d+", plain) else text


def _allowed(text: str) -> str:
    for shape, words in _SHAPES:
        found = shape.fullmatch(text)
        if found and all(re.search(r"\d", end) for end in found.groups()):
            return _said(words, [_value(end) for end in found.groups()])
    if _CODES.fullmatch(text):
        return text
    lone = _LONE.fullmatch(text)
    return lone[1] if lone else ""


def _said(words: Any, ends: list[str]) -> str:
    least, most = ends[0], ends[-1]
    filled: Callable[..., str] = _
    return filled(str(words), least=least, most=most)
