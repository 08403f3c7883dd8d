"""Cells as text: ids, names, notes; whatever type a file holds them in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from custrata.engine.backends.text import WHITE_SPACE

LONGEST = 255
"""Signs that an id, a code or a name has at most."""
ABOUT = "\x1f"
"""Parts, in a fault, what is about many cells from what is about one."""
ALLOWED = "\x1e"
"""Parts, before `ABOUT`, a fault from what is allowed instead."""
_LONGEST_NOTE = 100_000
_WHOLE_FLOATS = 2.0**63
_SIGNS_OF_NO_TEXT = "[\x00\x1e\x1f]"
EXCEL_ERROR = r"^#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!|GETTING_DATA)$"
OPAQUE = (pl.Struct, pl.Binary, pl.Object, pl.Duration)
"""Types of columns that are no text."""


@dataclass(frozen=True)
class Unclear:
    """Why a whole column cannot be read, and what would help.

    Attributes:
        row: one that shows it; None for none.
    """

    code: str
    message: str
    allowed: str
    row: int | None = None


@dataclass(frozen=True)
class Column:
    """What the cells of a column say.

    Attributes:
        values: as the database holds them; null where a cell is empty or refused.
        faults: why a cell is refused, null where it is not; None where all are fine. What
            follows `ABOUT` is about that cell alone; before it may stand `ALLOWED`, and the firm's
            own words that are.
        unclear: why no cell can be read.
        rounded: how many values were too fine, and rounded.
        new: names that the store does not know yet, by the codes that they get.
    """

    values: pl.Series
    faults: pl.Series | None = None
    unclear: Unclear | None = None
    rounded: int = 0
    new: Mapping[str, str] = field(default_factory=dict)


def read_text(cells: pl.Series, longest: int = LONGEST) -> Column:
    """Canonical text: NFC, trimmed, null where nothing is left."""
    if isinstance(cells.dtype, OPAQUE):
        return unreadable(cells, "text or numbers")
    text = as_text(cells)
    column = pl.col(text.name)
    long = column.str.len_chars() > longest
    told = pl.format(
        f"too long{ABOUT}(it has {{}} characters, at most {longest})", column.str.len_chars()
    )
    fault = (
        pl.when(long)
        .then(told)
        .when(column.str.contains(_SIGNS_OF_NO_TEXT))
        .then(pl.lit("holds signs that are no text"))
        .when(column.str.contains(EXCEL_ERROR))
        .then(pl.lit("the cell holds an error of the spreadsheet"))
    )
    return sifted(text, text.to_frame().select(fault.alias("fault"))["fault"])


def read_long_text(cells: pl.Series) -> Column:
    """The same, of notes."""
    return read_text(cells, _LONGEST_NOTE)


def sifted(values: pl.Series, faults: pl.Series) -> Column:
    """A column without the values that have a fault."""
    if faults.null_count() == len(faults):
        return Column(values)
    kept = values.to_frame("v").select(pl.when(faults.is_null()).then("v")).to_series()
    return Column(kept, faults)


def unreadable(cells: pl.Series, allowed: str) -> Column:
    """The column of a type that cannot be read."""
    fault = Unclear("column-type", f"is of type {cells.dtype}", allowed)
    return Column(pl.Series(cells.name, [None] * len(cells), pl.String), unclear=fault)


def as_text(cells: pl.Series) -> pl.Series:
    """Cells as trimmed text: whole floats as their digits, days without a time, lists as JSON."""
    kind = cells.dtype
    if isinstance(kind, pl.List | pl.Array):
        lists = [None if value is None else _listed(value) for value in cells]
        return pl.Series(cells.name, lists, pl.String)
    if kind.is_float():
        return _of_floats(cells)
    if isinstance(kind, pl.Decimal):
        text = cells.cast(pl.String).str.replace(r"(\.[0-9]*[1-9])0+$", "$1")
        return text.str.replace(r"\.0*$", "")
    if isinstance(kind, pl.Datetime):
        return _of_times(cells)
    if kind == pl.Null:
        return cells.cast(pl.String)
    text = cells.cast(pl.String)
    return tidy(text) if kind == pl.String or not kind.is_numeric() else text


def tidy(text: pl.Series) -> pl.Series:
    """Text in NFC without white space around it; null where nothing is left."""
    plain = text.str.len_bytes().sum() == text.str.len_chars().sum()
    text = text if plain else text.str.normalize("NFC")
    text = text.str.strip_chars(WHITE_SPACE)
    return text.set(text == "", None) if (text == "").any() else text


def _of_floats(cells: pl.Series) -> pl.Series:
    here = pl.col(cells.name).cast(pl.Float64)
    whole = (here == here.floor()) & (here.abs() < _WHOLE_FLOATS)
    digits = pl.when(whole).then(here).cast(pl.Int64).cast(pl.String)
    other = pl.when(here.is_finite() & ~whole).then(pl.col(cells.name).cast(pl.String))
    return cells.to_frame().select(pl.coalesce(digits, other))[cells.name]


def _of_times(cells: pl.Series) -> pl.Series:
    """ISO; the day alone at a midnight without a zone."""
    text = cells.dt.to_string("iso:strict").str.replace(r"\.000000", "")
    return text.str.replace(r"T00:00:00$", "")


def _listed(values: Any) -> str | None:
    texts = [str(value) for value in values if value is not None and str(value)]
    return json.dumps(texts, ensure_ascii=False) if texts else None
