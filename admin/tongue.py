"""The reader's language for texts that services tell: see `service.explaining.Tongue`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from custrata.admin import language
from custrata.admin.language import _, ngettext

_SHOWN = 2
"""Decimals of a measure that is no amount."""
_SMALL = 0.01


class Reader:
    """Whoever reads the page at hand."""

    def gettext(self, text: str, /, **values: object) -> str:
        """A text with its values."""
        return str(_(text, **values))

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a text for so many."""
        return str(ngettext(one, many, number, **values))

    def value(self, given: Any, unit: str) -> str:
        """A measure's value: shares in percent, amounts exactly, other numbers rounded."""
        if isinstance(given, bool):
            return _("yes") if given else _("no")
        if not isinstance(given, int | float):
            return str(given)
        if unit == "0 to 1":
            return language.percent(given)
        if unit == "currency":
            return language.money(Decimal(str(given)))
        rounded = given if abs(given) < _SMALL else round(given, _SHOWN)
        return language.number(Decimal(str(rounded)))

    def day(self, day: date) -> str:
        """A day."""
        return language.day(day)
