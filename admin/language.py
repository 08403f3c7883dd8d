"""Languages: which one somebody reads, and how numbers, money and days are written in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from babel import dates, numbers
from flask import Flask, g, has_app_context, has_request_context, request, session
from flask_babel import Babel, get_locale, lazy_gettext
from flask_babel import gettext as translated
from flask_babel import ngettext as counted
from werkzeug.datastructures import LanguageAccept

__all__ = ["LANGUAGES", "_", "install", "language", "lazy", "ngettext"]

lazy = lazy_gettext
"""A text that is translated each time it is shown."""

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "vi": "Tiếng Việt",
    "zh_Hant": "繁體中文",
    "zh_Hans": "简体中文",
}
"""By the code that users, rules and plugins name them by, each in its own words."""
_LOCALES = {"en": "en", "vi": "vi", "zh_Hant": "zh_Hant_TW", "zh_Hans": "zh_Hans_CN"}
_ACCEPTED = {
    "en": "en",
    "vi": "vi",
    "zh-TW": "zh_Hant",
    "zh-HK": "zh_Hant",
    "zh-Hant": "zh_Hant",
    "zh-CN": "zh_Hans",
    "zh-Hans": "zh_Hans",
    "zh": "zh_Hans",
}
_SPOKEN = "custrata_language"
NONE = "–"
"""What stands where there is no value; null is not zero."""
_LARGE = 1_000
"""From here on decimals of a mean say nothing."""
_EXACT = "#,##0.#########"
_DIGITS = 1_000
"""More than any number of the rules has."""


def _(text: str, /, **values: object) -> str:
    """The text in the reader's language, with its values."""
    return str(translated(text, **values))


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The form of a text for so many."""
    return str(counted(one, many, number, **values))


def language() -> str:
    """The code of the reader's language."""
    if not has_request_context():
        return str(g.get(_SPOKEN, "en")) if has_app_context() else "en"
    chosen = session.get("language")
    if chosen not in LANGUAGES:
        best = request.accept_languages.best_match(list(_ACCEPTED), default="en")
        chosen = _ACCEPTED[best]
    return str(chosen)


def spoken(tag: str | None) -> str | None:
    """The code of a language that others name: `vi-VN`, `zh-hant`; None where it is not ours."""
    wanted = LanguageAccept([((tag or "").replace("_", "-"), 1)])
    best = wanted.best_match(list(_ACCEPTED))
    return None if best is None else _ACCEPTED[best]


def _locale() -> str:
    return _LOCALES[language()]


@contextmanager
def speaking(app: Flask, code: str | None) -> Iterator[None]:
    """Write in somebody's language where nobody asks for a page, as in a mail."""
    with app.app_context():
        setattr(g, _SPOKEN, code if code in LANGUAGES else "en")
        yield


def install(app: Flask) -> None:
    """Languages and their ways to write, for pages and templates."""
    folder = str(Path(__file__).parent / "translations")
    Babel(app, locale_selector=_locale, default_translation_directories=folder)
    app.jinja_env.filters.update(
        number=number,
        money=money,
        rounded=rounded,
        percent=percent,
        day=day,
        month=month,
        moment=moment,
        clock=clock,
    )
    app.jinja_env.globals.update(languages=LANGUAGES, language=language, html_language=_tag)


def _tag() -> str:
    """The language as HTML names it."""
    return language().replace("_", "-")


def number(value: float | Decimal | None) -> str:
    """A number, exact, with the locale's separators."""
    if value is None:
        return NONE
    with localcontext() as context:
        context.prec = _DIGITS
        return numbers.format_decimal(value, _EXACT, get_locale())


def money(value: Decimal | int | None, currency: str | None = None) -> str:
    """An amount, exact; in the currency of the rules where they name one."""
    if value is None:
        return NONE
    named = currency or _currency()
    if named is None:
        return number(value)
    amount = Decimal(value)
    whole = amount == amount.to_integral_value()
    pattern = get_locale().currency_formats["standard"].pattern
    shown = numbers.format_currency(amount, named, locale=get_locale())
    if whole or numbers.get_currency_precision(named):
        return shown
    return numbers.format_currency(
        amount, named, pattern.replace(".00", ".#########"), get_locale(), currency_digits=False
    )


def compact(value: Decimal | float | None) -> str:
    """A large amount in few signs, for charts: `4.3B`."""
    if value is None:
        return NONE
    return numbers.format_compact_decimal(value, locale=get_locale(), fraction_digits=1)


def _currency() -> str | None:
    from custrata.admin.here import engine

    return engine().ruleset.currency if has_app_context() else None


def rounded(value: Decimal | None) -> Decimal | None:
    """A mean amount: no decimals where there are many digits before them."""
    if value is None:
        return None
    return round(value, 0 if abs(value) >= _LARGE else 2)


def percent(value: float | Decimal | None, digits: int = 1) -> str:
    """A share of one as so many in a hundred."""
    if value is None:
        return NONE
    return numbers.format_percent(value, "#,##0." + "#" * digits + "%", get_locale())


def day(value: date | None) -> str:
    """A day."""
    return NONE if value is None else dates.format_date(value, "medium", get_locale())


def month(value: date | None) -> str:
    """A month of a year."""
    return NONE if value is None else dates.format_skeleton("yMMMM", value, locale=get_locale())


def short_month(value: date) -> str:
    """A month of a year, where there is little room."""
    return str(dates.format_skeleton("yMMM", value, locale=get_locale()))


def moment(value: datetime | None) -> str:
    """A time on its day, in the time zone of the rules."""
    return NONE if value is None else _at(value, "yMMMd") + " " + clock(value)


def clock(value: datetime | None) -> str:
    """A time of day, in the time zone of the rules."""
    return NONE if value is None else _at(value, "Hm")


def _at(value: datetime, skeleton: str) -> str:
    from custrata.admin.here import zone

    there: Any = value.astimezone(zone())
    return dates.format_skeleton(skeleton, there, locale=get_locale())
