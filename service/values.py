"""What a person may enter: texts that fit, moments that are past, exact amounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from unicodedata import category

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.engine.values import trimmed

_LONGEST, _LONGEST_PROSE = 255, 100_000
_DECIMALS = 9
_LARGEST = 2**63 - 1
_FIRST_YEAR, _LAST_YEAR = 1900, 9000


@dataclass(frozen=True)
class Money:
    """Whole numbers of `10**-scale`."""

    amount: int
    profit: int | None
    scale: int


def word(name: str, text: str | None) -> str | None:
    """A text of one line, trimmed; None where nothing is left.

    Raises:
        DataError: it is too long, or holds signs that no word has.
    """
    return _text(name, text, _LONGEST)


def needed(name: str, text: str | None) -> str:
    """As `word`, where there has to be one.

    Raises:
        DataError: there is none, or it cannot be one.
    """
    found = word(name, text)
    if found is None:
        raise wrong("text-missing", f"{name} is empty", "some text")
    return found


def prose(name: str, text: str | None, longest: int = _LONGEST_PROSE) -> str | None:
    """A text of many lines, trimmed; None where nothing is left.

    Args:
        longest: characters that it may have.

    Raises:
        DataError: it is too long, or holds signs that no text has.
    """
    return _text(name, text, longest, "\n\r\t")


def instant(name: str, moment: datetime) -> datetime:
    """A moment of which it is clear when it was.

    Raises:
        DataError: it has no zone, or lies centuries away.
    """
    if moment.tzinfo is None:
        raise wrong("time-without-zone", f"{name} has no time zone", "such as 2026-11-21T12:00Z")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise wrong("time-far", f"{name} is far away", f"{_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


def past(name: str, moment: datetime, now: datetime) -> datetime:
    """As `instant`, and not after now.

    Raises:
        DataError: it is still to come, or no moment.
    """
    if instant(name, moment) > now:
        raise wrong("time-in-future", f"{name} is still to come", "what has taken place")
    return moment


def born(day: date, now: datetime) -> date:
    """A day on which a customer of today may have been born.

    Raises:
        DataError: it is none.
    """
    if day.year < _FIRST_YEAR or day > now.date():
        fault = "birth_date is no day on which a customer was born"
        raise wrong("no-birthday", fault, f"{_FIRST_YEAR} to now")
    return day


def money(amount: Decimal | int, profit: Decimal | int | None = None) -> Money:
    """Amount and profit, exactly, on one scale.

    Raises:
        DataError: more decimals than 9, infinity, or more than 64 bits hold.
    """
    exact = {"amount": _exact("amount", amount)}
    if profit is not None:
        exact["profit"] = _exact("profit", profit)
    scale = max(_decimals(value) for value in exact.values())
    units = {name: _units(name, value, scale) for name, value in exact.items()}
    return Money(units["amount"], units.get("profit"), scale)


def wrong(code: str, message: str, allowed: str | None = None) -> DataError:
    """The error of something that cannot be entered."""
    return DataError(Diagnostic(code, message, allowed=allowed))


def _text(name: str, text: str | None, longest: int, breaks: str = "") -> str | None:
    found = None if text is None else trimmed(text)
    if found is None:
        return None
    if len(found) > longest:
        raise wrong("text-too-long", f"{name} has {len(found):,} characters", f"up to {longest:,}")
    if any(category(sign) in ("Cc", "Cs") and sign not in breaks for sign in found):
        raise wrong("text-unreadable", f"{name} holds signs that cannot be seen", "plain text")
    return found


def _exact(name: str, value: object) -> Decimal:
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        raise wrong("no-number", f"{name} is no exact number", "a whole number or a Decimal")
    found = Decimal(value)
    if not found.is_finite():
        raise wrong("infinite", f"{name} is not finite", "finite numbers")
    if _decimals(found) > _DECIMALS:
        fault = f"{name} has {_decimals(found)} decimals"
        raise wrong("money-decimals", fault, f"up to {_DECIMALS}")
    return found


def _decimals(value: Decimal) -> int:
    """How many decimals a value has, zeros at its end aside."""
    _sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    ends = "".join(map(str, digits)) or "0"
    zeros = len(ends) - len(ends.rstrip("0"))
    return max(0, -exponent - zeros) if any(digits) else 0


def _units(name: str, value: Decimal, scale: int) -> int:
    """A value as a whole number of units, worked out without rounding."""
    if value.adjusted() > 20:
        raise _too_large(name, scale)
    numerator, denominator = value.as_integer_ratio()
    units: int = numerator * 10**scale // denominator
    if abs(units) > _LARGEST:
        raise _too_large(name, scale)
    return units


def _too_large(name: str, scale: int) -> DataError:
    allowed = f"up to {_LARGEST // 10**scale:,}"
    return wrong("money-too-large", f"{name} is too large for {scale} decimals", allowed)
