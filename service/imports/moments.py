"""Cells as moments, days and months; which part of `03/04/2026` is the day, the column tells."""

from __future__ import annotations

from typing import Literal

import polars as pl

from custrata.service.imports.texts import Column, Unclear, as_text, sifted, unreadable

DateForm = Literal["dmy", "mdy"]
DATE_FORMS: tuple[DateForm, ...] = ("dmy", "mdy")
NO_DATE = "no date; write it as 2026-11-21, or with a time 2026-11-21 14:30"
NO_DAY = "there is no such day in the calendar, or no such time of day"
_NO_MONTH = "no month; write it as 2026-11"
_NAME_IT = "--dates dmy where the day comes first, --dates mdy where the month does"

_CHUNK = 500_000
_SECOND = 1_000_000
_HOUR = 3_600 * _SECOND
_DAY = 24 * _HOUR
_EARLIEST, _LATEST = -62_091, 2_932_895
"""Days: 1800-01-01 and 9999-12-30, which can be shown in every time zone."""

_YEAR_FIRST = (
    r"^(?<year>\d{4})[-/.年](?<month>\d{1,2})[-/.月](?<day>\d{1,2})日?"
    r"(?:[T ,]\s*(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<part>\d{1,9}))?)?"
    r"(?:\s?(?<half>[AaPp])\.?[Mm]\.?)?(?:\s?(?<zone>[Zz]|[+-]\d{2}(?::?\d{2})?))?)?$"
)
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b"
_TURNED = {"dmy": "$3-$2-$1", "mdy": "$3-$1-$2"}
_SPELT = {r"^(\d{4})(\d{2})(\d{2})$": "$1-$2-$3"}
_SPELT_MONTHS = {r"^(\d{4})[-/.年](\d{1,2})月?$": "$1-$2-1", r"^(\d{1,2})[-/.](\d{4})$": "$2-$1-1"}


def read_moments(cells: pl.Series, time_zone: str, form: DateForm | None = None) -> Column:
    """Microseconds UTC; a time without an offset is local in the zone.

    Args:
        form: which part comes first in `03/04/2026`; None where the column has to tell.
    """
    text, unclear = _year_first(cells, form)
    if unclear:
        return _nothing(cells, unclear)
    return _checked(text, _by_chunk(text, _moment(time_zone), pl.Int64))


def read_days(cells: pl.Series, time_zone: str, form: DateForm | None = None) -> Column:
    """Days since 1970-01-01, as they are in the zone."""
    text, unclear = _year_first(cells, form)
    if unclear:
        return _nothing(cells, unclear)
    return _checked(text, _by_chunk(text, _day(time_zone), pl.Int32))


def read_months(cells: pl.Series, time_zone: str, form: DateForm | None = None) -> Column:
    """The first days of months, as `read_days`; a month may stand alone, `2026-11` or `11/2026`."""
    if cells.dtype == pl.String:
        cells = _replaced(as_text(cells), _SPELT_MONTHS)
    found = read_days(cells, time_zone, form)
    first = found.values.cast(pl.Date).dt.month_start().cast(pl.Int32)
    faults = found.faults
    if faults is not None:
        faults = faults.str.replace(NO_DATE, _NO_MONTH, literal=True)
    return Column(first, faults, found.unclear)


def _nothing(cells: pl.Series, unclear: Unclear) -> Column:
    return Column(pl.Series(cells.name, [None] * len(cells), pl.Int64), unclear=unclear)


def _checked(text: pl.Series, values: pl.Series) -> Column:
    """Values with the faults of those that could not be read."""
    unread = text.is_not_null() & values.is_null()
    if not unread.any():
        return Column(values)
    written = text.str.contains(_YEAR_FIRST) if text.dtype == pl.String else pl.lit(value=False)
    fault = pl.when(written).then(pl.lit(NO_DAY)).otherwise(pl.lit(NO_DATE))
    return sifted(values, pl.select(pl.when(unread).then(fault)).to_series())


def _by_chunk(cells: pl.Series, value: pl.Expr, kind: type[pl.DataType]) -> pl.Series:
    """A value of the clock's time and its offset, in parts: reading needs much room."""
    named = value.cast(kind).alias(cells.name)
    starts = range(0, len(cells), _CHUNK)
    parts = [_clocks(cells.slice(start, _CHUNK)).select(named).to_series() for start in starts]
    return pl.concat(parts) if parts else pl.Series(cells.name, [], kind)


# --- which part is the day ----------------------------------------------------------------


def _year_first(cells: pl.Series, form: DateForm | None) -> tuple[pl.Series, Unclear | None]:
    """Dates and times as they are typed, or text in which the year comes first."""
    kind = cells.dtype
    if isinstance(kind, pl.Datetime) or kind == pl.Date:
        return cells, None
    if not (kind.is_integer() or isinstance(kind, pl.String | pl.Categorical | pl.Enum | pl.Null)):
        return cells, unreadable(cells, "dates, or text such as 2026-11-21").unclear
    text = _replaced(as_text(cells), _SPELT)
    form, unclear = (form, None) if form else _form(text)
    return _replaced(text, {_YEAR_LAST: _TURNED[form]} if form else {}), unclear


def _replaced(text: pl.Series, patterns: dict[str, str]) -> pl.Series:
    for pattern, spelt in patterns.items():
        text = text.str.replace(pattern, spelt)
    return text


def _form(text: pl.Series) -> tuple[DateForm | None, Unclear | None]:
    """What the column tells about dates whose year comes last; None where most are no such."""
    last = text.str.contains(_YEAR_LAST).fill_null(value=False)
    if 2 * (last.sum() or 0) <= text.count():
        return None, None
    one, two = (text.str.extract(_YEAR_LAST, group).cast(pl.Int64) > 12 for group in (1, 2))
    day_first, month_first = one & ~two, two & ~one
    if day_first.any() != month_first.any():
        return ("dmy" if day_first.any() else "mdy"), None
    if day_first.any():
        fault = "has dates with the day first, and others with the month first"
        return None, Unclear("dates-unclear", fault, _NAME_IT, month_first.arg_max())
    row = last.arg_max() or 0
    fault = f"has dates such as {text[row]!r}, and nobody can tell the day from the month"
    return None, Unclear("dates-unclear", fault, _NAME_IT, row)


# --- reading ------------------------------------------------------------------------------

_LOCAL, _OFFSET = pl.col("local"), pl.col("offset")
"""Microseconds: what a clock showed, and how far east of UTC it stood, null where not told."""


def _moment(time_zone: str) -> pl.Expr:
    naive = _OFFSET.is_null()
    return _in_range(pl.when(naive).then(_utc(_LOCAL, time_zone)).otherwise(_LOCAL - _OFFSET))


def _day(time_zone: str) -> pl.Expr:
    there = _naive(_LOCAL - _OFFSET, "UTC").dt.convert_time_zone(time_zone)
    local = there.dt.replace_time_zone(None).to_physical()
    return _in_range(pl.when(_OFFSET.is_null()).then(_LOCAL).otherwise(local)).floordiv(_DAY)


def _in_range(micro: pl.Expr) -> pl.Expr:
    return pl.when(micro.is_between(_EARLIEST * _DAY, _LATEST * _DAY)).then(micro)


def _utc(local: pl.Expr, time_zone: str) -> pl.Expr:
    """Of two moments the earlier one; a time that a clock skipped is an hour later."""
    zoned = pl.coalesce(_naive(local, time_zone), _naive(local + _HOUR, time_zone))
    return zoned.dt.convert_time_zone("UTC").to_physical()


def _naive(micro: pl.Expr, time_zone: str) -> pl.Expr:
    """What a clock showed, as a moment of its zone; null where it never showed that."""
    time = _in_range(micro).cast(pl.Datetime("us"))
    return time.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")


def _clocks(cells: pl.Series) -> pl.DataFrame:
    """`local` and `offset` of cells; both null where one cannot be read."""
    kind = cells.dtype
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        utc = cells.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        local, offset = utc.cast(pl.Datetime("us")).to_physical(), pl.lit(0, pl.Int64)
        return pl.select(local=local, offset=offset)
    if kind != pl.String:
        local = cells.cast(pl.Datetime("us")).to_physical()
        return pl.select(local=local, offset=pl.lit(None, pl.Int64))
    parts = cells.str.extract_groups(_YEAR_FIRST).struct.unnest()
    return parts.select(local=_date() + _clock(), offset=_offset())


def _date() -> pl.Expr:
    month, day = (pl.col(name).str.zfill(2) for name in ("month", "day"))
    text = pl.concat_str("year", month, day, separator="-")
    return text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int64) * _DAY


def _clock() -> pl.Expr:
    """Time of day; zero where there is none, null where no clock shows it."""
    hour, minute, second = (_number(name) for name in ("hour", "minute", "second"))
    half = pl.col("half").str.to_lowercase()
    whole = half.is_null()
    hours = pl.when(whole).then(hour).otherwise(hour % 12 + 12 * (half == "p").cast(pl.Int64))
    most = pl.when(whole).then(23).otherwise(12)
    right = (hour <= most) & (minute < 60) & (second < 60) & (whole | (hour > 0))
    part = pl.col("part").str.slice(0, 6).str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    return pl.when(right).then(hours * _HOUR + (minute * 60 + second) * _SECOND + part)


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64).fill_null(0)


def _offset() -> pl.Expr:
    zone = pl.col("zone")
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    digits = zone.str.replace_all("[^0-9]", "").str.pad_end(4, "0").cast(pl.Int64)
    return sign * (digits // 100 * 60 + digits % 100) * (60 * _SECOND)
