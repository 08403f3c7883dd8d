"""What a person does to a classifier's form besides typing: rows, bands and columns come and go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from custrata.service.rules.editing import BandsForm, Editing, RowForm
from custrata.service.rules.editing_cells import CutForm, plain_number, renamed

_NEW = "n"
"""What the key of a new row begins with."""


def add_row(form: Editing, after: str | None = None) -> Editing:
    """One more row, that means anything: behind the row of a key, else at the end."""
    label = form.rows[-1].label if form.rows else ""
    return _inserted(form, RowForm(_key(form), {}, label), after)


def copy_row(form: Editing, key: str) -> Editing:
    """A row once more, behind itself."""
    return _inserted(form, replace(form.rows[_place(form, key)], key=_key(form)), key)


def move_row(form: Editing, key: str, by: int) -> Editing:
    """A row so many places down, or up where `by` is negative; no further than the ends."""
    rows, place = list(form.rows), _place(form, key)
    row = rows.pop(place)
    rows.insert(max(0, min(place + by, len(rows))), row)
    return replace(form, rows=tuple(rows))


def delete_row(form: Editing, key: str) -> Editing:
    """Without a row."""
    return replace(form, rows=tuple(row for row in form.rows if row.key != key))


def add_column(form: Editing, column: str) -> Editing:
    """One more column, in which every row means anything."""
    if not column or column in form.columns:
        return form
    return replace(form, columns=(*form.columns, column))


def remove_column(form: Editing, column: str) -> Editing:
    """Without a column: its cells go, and its bands."""
    rows = [
        replace(row, cells={name: cell for name, cell in row.cells.items() if name != column})
        for row in form.rows
    ]
    return replace(
        form,
        columns=tuple(one for one in form.columns if one != column),
        rows=tuple(rows),
        bands=tuple(one for one in form.bands if one.measure != column),
    )


def cut_measure(form: Editing, measure: str) -> Editing:
    """Bands for a measure that has none: two, cut at the median."""
    if measure in form.banded:
        return form
    bands = BandsForm(measure, (CutForm("median"),), ("low", "high"), own=True)
    return add_column(replace(form, bands=(*form.bands, bands)), measure)


def add_band(form: Editing, measure: str) -> Editing:
    """One more band above the others of a measure."""
    one = form.banded[measure]
    cuts, names = (*one.cuts, _beyond(one.cuts)), (*one.names, _free("band", one.names))
    return _with_bands(form, replace(one, cuts=cuts, names=names))


def remove_band(form: Editing, measure: str, place: int) -> Editing:
    """Without a band; its values fall to the band below, those of the lowest to the one above.

    The last two stay: a measure that is not cut needs no bands.
    """
    one = form.banded[measure]
    if len(one.names) < 3:
        return form
    cut = max(place - 1, 0)
    cuts = one.cuts[:cut] + one.cuts[cut + 1 :]
    names = one.names[:place] + one.names[place + 1 :]
    return _with_bands(form, replace(one, cuts=cuts, names=names))


def rename_bands(form: Editing, measure: str, names: Mapping[str, str]) -> Editing:
    """New names of bands, in the cells that name them too."""
    rows = [
        replace(row, cells=dict(row.cells) | {measure: renamed(row.cells[measure], names)})
        if row.cells.get(measure)
        else row
        for row in form.rows
    ]
    return replace(form, rows=tuple(rows))


def _inserted(form: Editing, row: RowForm, after: str | None) -> Editing:
    place = len(form.rows) if after is None else _place(form, after) + 1
    return replace(form, rows=(*form.rows[:place], row, *form.rows[place:]))


def _place(form: Editing, key: str) -> int:
    return next(place for place, row in enumerate(form.rows) if row.key == key)


def _key(form: Editing) -> str:
    taken = {row.key for row in form.rows}
    return _free(_NEW, taken, joint="")


def _free(stem: str, taken: object, joint: str = "_") -> str:
    number = 1
    while f"{stem}{joint}{number}" in taken:  # type: ignore[operator]
        number += 1
    return f"{stem}{joint}{number}"


def _beyond(cuts: tuple[CutForm, ...]) -> CutForm:
    """A cut point above the last: twice its number where it is one."""
    last = cuts[-1] if cuts else CutForm("median")
    number = plain_number(last.amount)
    if number is None:
        return last
    if last.kind == "quantile":
        return replace(last, amount=f"{(number + 1) / 2:f}")
    beyond = 2 * number if number > 0 else number + 1
    return CutForm("number", f"{beyond.normalize():f}") if last.kind == "number" else last


def _with_bands(form: Editing, bands: BandsForm) -> Editing:
    changed = (bands if one.measure == bands.measure else one for one in form.bands)
    return replace(form, bands=tuple(changed))
