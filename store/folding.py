"""Texts without accents and capitals: for searching, for recognising, for codes."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile("[\u0300-\u036f]+")
"""Marks of Latin, Greek and Cyrillic letters; those of other scripts are part of the word."""
_BETWEEN = re.compile(r"[\W_]+")
_LONGEST = 255


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
