"""Texts without accents and capitals: for searching, for recognising, for codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_MARKS = re.compile("[\u0300-\u036f]+")
"""Marks of Latin, Greek and Cyrillic letters; those of other scripts are part of the word."""
_BETWEEN = re.compile(r"[\W_]+")
_LONGEST = 255
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Signs of scripts that put no space between words."""
_NO_DIGIT = re.compile("[^0-9]+")
WORD = 64
"""Signs of a word that are searched."""
_MOST = 40
_SUBSCRIBER = 9
"""Digits at the end of a telephone number that are the same however its country is written."""


def fold(text: str) -> str:
    """A text as it is searched for: `Đặng Thị Ánh` is `dang thi anh`; Chinese stays.

    Signs of full width become plain ones; white space around and doubled goes.
    """
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d")
        text = unicodedata.normalize("NFC", _MARKS.sub("", plain))
    return " ".join(text.casefold().split())


def code(name: str) -> str:
    """The code that a name suggests: `Khách hàng thân thiết` gives `khach-hang-than-thiet`.

    Empty where the name has neither letters nor digits. Whether it is taken is the caller's
    to ask.
    """
    return _BETWEEN.sub("-", fold(name)).strip("-")[:_LONGEST].rstrip("-")


def asked_words(text: str) -> list[str]:
    """The words of a text as somebody types them to find it."""
    return [word[:WORD] for word in _BETWEEN.split(fold(text)) if word]


def words(text: str) -> list[str]:
    """The words by whose beginnings a text is found, each once.

    Chinese is written without spaces, so every sign of it begins one: `王小明` is found by `小明`.
    """
    found = dict.fromkeys(part for word in asked_words(text) for part in _beginnings(word))
    return list(found)[:_MOST]


def _beginnings(word: str) -> Iterator[str]:
    yield word
    for place in range(1, len(word)):
        if _UNSPACED.match(word[place]):
            yield word[place:]


def digits(phone: str) -> str:
    """A telephone number without its zeros in front and all that is no digit."""
    return _NO_DIGIT.sub("", fold(phone)).lstrip("0")[:WORD]


def ending(number: str) -> str:
    """The end of digits, which `+84 912 345 678` and `0912345678` have in common.

    A number that begins with zeros has them again, though `digits` took them for a prefix.
    """
    return number[-_SUBSCRIBER:].zfill(_SUBSCRIBER)
