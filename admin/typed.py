"""What a person types, in the way of her language."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from babel.numbers import NumberFormatError, parse_decimal
from flask_babel import get_locale

from custrata.admin.language import number
from custrata.service.values import wrong

_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_EXAMPLE = Decimal("1234.5")


def amount(text: str) -> Decimal | None:
    """A number with the locale's separators; None where nothing was typed.

    Raises:
        DataError: it is none, or can be read in two ways.
    """
    typed = text.strip()
    if not typed:
        return None
    try:
        found = parse_decimal(typed, get_locale(), strict=True)
    except NumberFormatError:
        found = None
    if found is None or not found.is_finite():
        raise wrong("no-number", f"{typed[:40]!r} is no number", number(_EXAMPLE))
    return found


def month(text: str) -> date:
    """The first day of a month, typed as browsers send it.

    Raises:
        DataError: it is none.
    """
    found = _MONTH.fullmatch(text.strip())
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1900:
        raise wrong("no-month", f"{text.strip()[:40]!r} is no month", "such as 2026-11")
    return date(int(found[1]), int(found[2]), 1)
