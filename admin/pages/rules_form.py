"""A classifier's form between the browser and `service.rules.editing`.

Fields of one kind come in the order in which they stand on the page. Shares are typed as per cent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context

from werkzeug.datastructures import MultiDict

from custrata.service.rules.editing import ORDERED, BandsForm, Editing, LabelForm, RowForm
from custrata.service.rules.editing_cells import CutForm, plain_number
from custrata.service.rules.editing_steps import rename_bands

Fields = MultiDict[str, str]
IN_PERCENT = ("quantile", "top_fraction", "bottom_fraction", "top_share", "of_total")
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)


def shown(cut: CutForm) -> str:
    """The number of a cut point as it stands in its field."""
    return _times(cut.amount, 2) if cut.kind in IN_PERCENT else cut.amount


def _typed(kind: str, amount: str) -> str:
    return _times(amount, -2) if kind in IN_PERCENT else _plain(amount)


def _times(amount: str, places: int) -> str:
    """A number by so many powers of ten, exact; what is none stays as it is."""
    number = plain_number(amount)
    if number is None:
        return amount
    moved = f"{number.scaleb(places, _EXACT):f}"
    return (moved.rstrip("0").rstrip(".") if "." in moved else moved) or "0"


def _plain(amount: str) -> str:
    return _times(amount.strip(), 0)


def read_form(form: Editing, fields: Fields) -> Editing:
    """The form with what was typed on the page of its bands and table."""
    columns = tuple(dict.fromkeys(fields.getlist("column")))
    edited = replace(
        form,
        enabled=fields.get("enabled", "yes") == "yes",
        bands=tuple(_bands(form, fields)),
        columns=columns,
        rows=tuple(_row(key, columns, fields) for key in dict.fromkeys(fields.getlist("row"))),
        policy=fields.get("policy", form.policy),
        order=_order(form, fields),
        otherwise=fields.get("otherwise", "").strip(),
        where=tuple(_where(fields)),
        outside=fields.get("outside", "").strip(),
    )
    for number, bands in enumerate(edited.bands):
        named = zip(fields.getlist(f"bands.{number}.named"), bands.names, strict=False)
        renamed = {was: now for was, now in named if was != now and now}
        if renamed:
            edited = rename_bands(edited, bands.measure, renamed)
    return edited


def _bands(form: Editing, fields: Fields) -> Iterator[BandsForm]:
    for number, measure in enumerate(fields.getlist("measure")):
        field = f"bands.{number}"
        known = form.banded.get(measure, BandsForm(measure, (), (), own=True))
        yield replace(
            known,
            cuts=tuple(_cuts(known, field, fields)),
            names=tuple(name.strip() for name in fields.getlist(f"{field}.name")),
            closed=fields.get(f"{field}.closed", known.closed),
            ties=fields.get(f"{field}.ties", known.ties),
            duplicates=fields.get(f"{field}.duplicates", known.duplicates),
        )


def _cuts(known: BandsForm, field: str, fields: Fields) -> Iterator[CutForm]:
    """Cut points as typed; the same as before where one only looks the same."""
    kinds, amounts, options = (
        fields.getlist(f"{field}.{name}") for name in ("kind", "amount", "option")
    )
    for place, typed in enumerate(zip(kinds, amounts, options, strict=False)):
        kind, amount, option = typed
        was = known.cuts[place] if place < len(known.cuts) else CutForm("")
        if (was.kind, shown(was), was.option) == typed:
            yield was
        else:
            number = "" if kind in ("mean", "median") else _typed(kind, amount)
            yield CutForm(kind, number, option if was.kind == kind else "")


def _row(key: str, columns: tuple[str, ...], fields: Fields) -> RowForm:
    cells = zip(columns, fields.getlist(f"row.{key}.cell"), strict=False)
    return RowForm(
        key,
        {column: cell.strip() for column, cell in cells if cell.strip()},
        fields.get(f"row.{key}.label", "").strip(),
        " ".join(fields.get(f"row.{key}.note", "").split()),
    )


def _order(form: Editing, fields: Fields) -> tuple[str, ...]:
    """The labels of `priority` and `output_order`, one a line; by default all of them."""
    if fields.get("policy") not in ORDERED:
        return ()
    typed = [one.strip() for one in fields.get("order", "").splitlines() if one.strip()]
    return tuple(typed or form.given_labels)


def _where(fields: Fields) -> Iterator[tuple[str, str]]:
    pairs = zip(fields.getlist("where.column"), fields.getlist("where.cell"), strict=False)
    for column, cell in pairs:
        if column.strip() and cell.strip():
            yield column.strip(), cell.strip()


def read_labels(form: Editing, fields: Fields, languages: tuple[str, ...]) -> Editing:
    """The form with what was typed on the page of its labels."""

    def typed(number: int, one: LabelForm) -> LabelForm:
        names = {
            language: name
            for language in (*languages, *(more for more in one.names if more not in languages))
            if (
                name := fields.get(f"name.{number}.{language}", one.names.get(language, "")).strip()
            )
        }
        enter, leave = (
            "\n".join(fields.get(f"{moment}.{number}", "").split("\r\n")).strip()
            for moment in ("enter", "leave")
        )
        rank = fields.get(f"rank.{number}", "").strip()
        return replace(one, names=names, rank=rank, enter=enter, leave=leave)

    given = fields.getlist("label")
    known = {one.label: one for one in form.labels}
    typed_labels = {
        label: typed(number, known[label]) for number, label in enumerate(given) if label in known
    }
    return replace(form, labels=tuple(typed_labels.get(one.label, one) for one in form.labels))
