"""What a person types, in the way of her language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.numbers import get_decimal_symbol
from flask_babel import get_locale

from custrata.admin.language import number
from custrata.engine.diagnostics import DataError
from custrata.service.registers.spoken import LANGUAGES
from custrata.service.values import wrong

_LARGEST = 2**53
"""No id, page or count is larger; databases hold more, none needs it."""
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_EXAMPLE = Decimal("1234.5")
_LONGEST = 40
_DECIMALS = r"(?:(?P<point>[.,])(?P<decimals>\d+))?"
_GROUPS = r"(?P<whole>\d{1,3}(?P<sign>[., '’])\d{3}(?:(?P=sign)\d{3})*)"
_WITH_GROUPS = re.compile(_GROUPS + _DECIMALS)
_PLAIN = re.compile(r"(?P<whole>\d+)" + _DECIMALS)


def amount(text: str) -> Decimal | None:
    """A number as people write amounts; None where nothing was typed.

    Groups of three may be parted in the way of any language where that leaves no doubt:
    `1.000.000`, `12 345`, `1,234.5`. A single group after a point or a comma is one only where the
    reader's own language parts groups so; decimals alone have her language's sign.

    Raises:
        DataError: it is none (`no-number`), or can be read in two ways (`ambiguous-number`).
    """
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return None
    minus, digits = typed[0] in "-\u2212", typed.lstrip("+-\u2212") if typed[1:] else typed
    found = _unsigned(digits.strip()) if len(typed) - len(digits) <= 1 else None
    if found is None or len(typed) > _LONGEST:
        raise wrong("no-number", f"{typed[:_LONGEST]!r} is no number", number(_EXAMPLE))
    return -found if minus else found


def _unsigned(text: str) -> Decimal | None:
    point = get_decimal_symbol(get_locale())
    parted = _WITH_GROUPS.fullmatch(text)
    if parted and parted["point"] != parted["sign"] and not text.startswith("0"):
        if _is_unclear(parted, point):
            raise _unclear(text, parted)
        return _exact(re.sub(r"\D", "", parted["whole"]), parted["decimals"])
    plain = _PLAIN.fullmatch(text)
    if plain is None or plain["point"] not in (None, point):
        return None
    return _exact(plain["whole"], plain["decimals"])


def _is_unclear(parted: re.Match[str], point: str) -> bool:
    """Whether one group stands after what is the reader's sign of decimals, and nothing else."""
    only_one = parted["whole"].count(parted["sign"]) == 1 and parted["decimals"] is None
    return only_one and parted["sign"] == point


def _unclear(text: str, parted: re.Match[str]) -> DataError:
    whole, decimals = parted["whole"].split(parted["sign"])
    readings = Decimal(whole + decimals), Decimal(f"{whole}.{decimals}")
    allowed = " / ".join(dict.fromkeys(map(number, readings)))
    return wrong("ambiguous-number", f"{text!r} can be read in two ways", allowed)


def _exact(whole: str, decimals: str | None) -> Decimal:
    return Decimal(f"{whole}.{decimals}") if decimals else Decimal(whole)


def whole(text: str) -> int:
    """A whole number from 0 on that a database can hold: the `type` of a field or an address.

    Raises:
        ValueError: it is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_LARGEST))):
        raise ValueError("no whole number")
    return min(int(text), _LARGEST)


def month(text: str) -> date:
    """The first day of a month, typed as browsers send it.

    Raises:
        DataError: it is none.
    """
    found = _MONTH.fullmatch(text.strip())
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1900:
        raise wrong("no-month", f"{text.strip()[:40]!r} is no month", "such as 2026-11")
    return date(int(found[1]), int(found[2]), 1)


def day(text: str) -> date:
    """A day, typed as browsers send it.

    Raises:
        DataError: it is none.
    """
    if not text.strip():
        raise wrong("date-missing", "no date is filled in", "such as 2026-11-21")
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise wrong("no-date", f"{text.strip()[:40]!r} is no date", "2026-11-21") from None


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A time on its day, typed as browsers send it: on the clock of `zone` unless it says another.

    Raises:
        DataError: it is none.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        told = f"{text.strip()[:40]!r} is no date with a time"
        raise wrong("no-moment", told, "2026-11-21T09:30") from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def names(form: Mapping[str, str]) -> dict[str, str]:
    """Names by language, of fields `name-vi` and the like; empty ones left out."""
    found = {one: form.get(f"name-{one}", "").strip() for one in LANGUAGES}
    return {one: name for one, name in found.items() if name}
