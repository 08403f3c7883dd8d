"""Cells as exact amounts; what a point and a comma mean in `1.234`, the column tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import polars as pl

from custrata.service.amounts import MOST_DECIMALS, ROOM, Extent
from custrata.service.imports.texts import Column, Unclear, as_text, unreadable

NumberForm = Literal["1,234.56", "1.234,56"]
NUMBER_FORMS: tuple[NumberForm, ...] = ("1,234.56", "1.234,56")
NO_NUMBER = "no number; write it as 1250000 or -19.99"
FOREIGN = "an amount in another currency; amounts of one currency can be added up alone"
TOO_LARGE = "too large to be kept exactly"
_NAME_IT = "--numbers 1,234.56 where a point stands before the decimals, else --numbers 1.234,56"

_ROW = "row"
_EXACT = pl.Decimal(38, MOST_DECIMALS)
_FINER = r"\.[0-9]{9}[0-9]*[1-9]"
_BLANKS = " \u00a0\u2009\u202f'’"
_SIGNS = {
    "VND": ("₫", "đ", "vnđ", "vnd"),
    "USD": ("$", "us$", "usd"),
    "EUR": ("€", "eur"),
    "CNY": ("¥", "￥", "元", "rmb", "cny"),
    "TWD": ("nt$", "元", "twd"),
}
"""What stands beside amounts of a currency."""


def _pattern(between: str, mark: str) -> str:
    """Numbers whose thousands and decimals are parted by these signs."""
    whole = rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:[{between}{_BLANKS}][0-9]{{3}})+)"
    return rf"^[+-]?{whole}(?:[{mark}][0-9]+)?(?:[eE][+-]?[0-9]{{1,3}})?$"


_POINT, _COMMA = _pattern(",", "."), _pattern(".", ",")


def read_money(cells: pl.Series, currency: str | None, form: NumberForm | None = None) -> Column:
    """Amounts in units of 10⁻⁹ (Int128); `scaled` gives them their scale.

    Args:
        currency: the one whose sign may stand beside amounts; None takes the one that most bear.
        form: how thousands and decimals are parted; None where the column has to tell.
    """
    kind = cells.dtype
    if not (kind.is_numeric() or kind in (pl.String, pl.Null)):
        return unreadable(cells, "numbers, or text that spells them")
    if kind != pl.String:
        return _exact(cells, cells.cast(pl.String) if kind.is_float() else cells)
    given = as_text(cells)
    text = _bare(given, currency or _spoken(given))
    form, unclear = (form, None) if form else _form(text)
    if form is None:
        return Column(pl.Series(cells.name, [None] * len(cells), pl.Int128), unclear=unclear)
    return _foreign(_exact(text, _plain(text, form)), text)


def scaled(amounts: dict[str, pl.Series]) -> pl.DataFrame:
    """Amounts on the least scale that keeps all of their row, so that equal ones look equal.

    Args:
        amounts: in units of 10⁻⁹, by name.

    Returns:
        The amounts as Int64, null where too large, and `scale`, null where there are none.
    """
    frame = pl.DataFrame(amounts)
    here = pl.col(frame.columns)
    places = pl.lit(0, pl.Int64)
    for more in range(1, MOST_DECIMALS + 1):
        zeros = pl.all_horizontal((here % 10**more == 0).fill_null(value=True))
        places = pl.when(zeros).then(more).otherwise(places)
    some = pl.any_horizontal(here.is_not_null())
    whole = frame.with_columns(places=places, some=some)
    unit = pl.lit(10, pl.Int64).pow(pl.col("places"))
    return whole.select(
        *((pl.col(name) // unit).cast(pl.Int64, strict=False) for name in amounts),
        scale=pl.when("some").then(MOST_DECIMALS - pl.col("places")),
    )


def without_room(frame: pl.DataFrame, there: Extent) -> dict[str, pl.Series]:
    """Rows whose amounts cannot be added to others, by why; they would stop every run.

    Where rows of the file itself do not go together, the fewer are wrong.

    Args:
        frame: as `scaled` gives it. there: what the store has.
    """
    whole = pl.max_horizontal(pl.exclude("scale").abs()) // pl.lit(10, pl.Int64).pow("scale")
    rows = frame.select("scale", whole=whole).with_row_index(_ROW).drop_nulls()
    fine = rows.filter(pl.col("scale") > there.decimals)
    large = rows.filter(pl.col("whole") > there.most)
    left = rows.join(pl.concat([fine, large]), on=_ROW, how="anti")
    own_fine, own_large = _apart(left)
    if own_fine.height > own_large.height:
        large = pl.concat([large, own_large])
    else:
        fine = pl.concat([fine, own_fine])
    return {
        "so many decimals leave no room beside larger amounts": fine[_ROW],
        "too large to be added to others": large[_ROW],
    }


def _apart(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows too fine beside the largest, and those too large beside the finest of these."""
    if rows.is_empty():
        return rows, rows
    there = Extent(int(rows["scale"].max() or 0), int(rows["whole"].max() or 0))  # type: ignore[arg-type]
    fine = rows.filter(pl.col("scale") > there.decimals)
    if fine.is_empty():
        return fine, fine
    return fine, rows.filter(pl.col("whole") > there.most // ROOM)


def _exact(given: pl.Series, plain: pl.Series) -> Column:
    """Numbers, or text that spells them plainly, as units; with what `given` cells are no number.

    Args:
        plain: null where a given cell spells none.
    """
    units = plain.cast(_EXACT, strict=False).to_physical().rename(given.name)
    text = plain.dtype == pl.String
    rounded = int(plain.str.contains(_FINER).sum() or 0) if text else 0
    there = given.is_not_null() & (given.is_not_nan() if given.dtype.is_float() else True)
    unread = there & units.is_null()
    if not unread.any():
        return Column(units, rounded=rounded)
    large = plain.str.contains("^[+-]?[0-9.]{9}") if text else unread
    fault = pl.when(large).then(pl.lit(TOO_LARGE)).otherwise(pl.lit(NO_NUMBER))
    faults = pl.select(pl.when(unread).then(fault)).to_series()
    return Column(units, faults, rounded=rounded)


def _spoken(text: pl.Series) -> str | None:
    """The currency whose sign most amounts bear; None where none does."""
    counts = {one: text.str.contains(_beside(signs)).sum() or 0 for one, signs in _SIGNS.items()}
    most = max(counts, key=lambda one: counts[one])
    return most if counts[most] else None


def _foreign(column: Column, text: pl.Series) -> Column:
    """Says of amounts that bear the sign of another currency what is wrong with them."""
    if column.faults is None:
        return column
    signs = [sign for some in _SIGNS.values() for sign in some]
    other = text.str.contains(_beside(signs)) & (column.faults == NO_NUMBER)
    faults = column.faults.to_frame("f").select(
        pl.when(other.fill_null(value=False)).then(pl.lit(FOREIGN)).otherwise("f")
    )
    return replace(column, faults=faults.to_series())


def _beside(signs: Sequence[str]) -> str:
    """A sign before a number, or after it."""
    either = "|".join(map(re.escape, signs))
    return rf"(?i)^[+-]?\s*(?:{either})\s*[0-9]|[0-9]\s*(?:{either})$"


def _bare(text: pl.Series, currency: str | None) -> pl.Series:
    """Text without the currency's sign, and with a plain minus."""
    text = text.str.replace(r"^[−–]", "-")
    signs = "|".join(map(re.escape, _SIGNS.get(currency or "", ())))
    if not signs:
        return text
    text = text.str.replace(rf"(?i)\s*(?:{signs})$", "")
    return text.str.replace(rf"(?i)^([+-]?)\s*(?:{signs})\s*", "$1")


def _form(text: pl.Series) -> tuple[NumberForm | None, Unclear | None]:
    """The form that all numbers of a column agree on; plain ones agree with any."""
    point, comma = text.str.contains(_POINT), text.str.contains(_COMMA)
    parted = text.str.contains("[.,]")
    forms = {NUMBER_FORMS[0]: point & ~comma, NUMBER_FORMS[1]: comma & ~point}
    spoken = [form for form, only in forms.items() if only.any()]
    either = point & comma & parted
    if len(spoken) == 1 or not (spoken or either.any()):
        return (spoken or NUMBER_FORMS)[0], None
    if spoken:
        fault = "has numbers with a point before the decimals, and others with a comma"
        return None, Unclear("numbers-unclear", fault, _NAME_IT, forms[spoken[1]].arg_max())
    row = either.arg_max() or 0
    fault = f"has numbers such as {text[row]!r}, and nobody can tell thousands from decimals"
    return None, Unclear("numbers-unclear", fault, _NAME_IT, row)


def _plain(text: pl.Series, form: NumberForm) -> pl.Series:
    """Numbers as a machine spells them; null where a cell is none."""
    pattern, between = (_POINT, ",") if form == NUMBER_FORMS[0] else (_COMMA, ".")
    right = text.str.contains(pattern)
    spelt = text.str.replace_all(f"[{between}{_BLANKS}]", "").str.replace(",", ".", literal=True)
    return pl.select(pl.when(right).then(spelt)).to_series()
