"""Which column of a file goes to which field, as a form shows it and takes it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.imports.guess import Guess, Match, Sure, guess
from custrata.service.imports.moments import DATE_FORMS
from custrata.service.imports.money import NUMBER_FORMS
from custrata.service.imports.records import RECORDS, Field
from custrata.service.imports.sheet import Sheet, open_sheet
from custrata.service.imports.uploads import Choices, Upload

COLUMN = "column-"
"""Begins the names of a form's choices; the column's place from 0 follows."""
OWN = "="
"""Chosen for a column that becomes an attribute; no field is called so."""
_FIRST = 5


@dataclass(frozen=True)
class Mapped:
    """A file, and where its columns seem to go.

    Attributes:
        guess: None where nobody can tell what the file holds.
        fields: of the record. first: the first rows, as the file has them.
    """

    guess: Guess | None
    fields: tuple[Field, ...]
    names: tuple[str, ...]
    first: tuple[Mapping[str, str], ...]

    @property
    def own(self) -> bool:
        """Whether a column may become an attribute."""
        return self.guess is not None and self.guess.record == "customers"

    @property
    def times(self) -> bool:
        """Whether any field is a date, so that the order of day and month may matter."""
        return any(one.kind in ("time", "date", "month") for one in self.fields)

    @property
    def amounts(self) -> bool:
        """Whether any field is an amount."""
        return any(one.kind == "amount" for one in self.fields)

    def chosen(self, match: Match) -> str:
        """What a form has chosen for a column."""
        return OWN if match.sure is Sure.OWN else match.field or ""


def mapped(kept: Upload, record: str | None = None) -> Mapped:
    """Where the columns of a file go; guessed.

    Raises:
        DataError: the file cannot be read, or there is no such record.
    """
    sheet = open_sheet(kept.path)
    found = _guessed(sheet, record)
    fields = RECORDS[found.record].fields if found is not None else ()
    return Mapped(found, fields, sheet.names, tuple(sheet.first(_FIRST)))


def choices(
    kept: Upload,
    record: str | None,
    chosen: Mapping[str, str],
    dates: str | None = None,
    numbers: str | None = None,
) -> Choices:
    """What a form says.

    Args:
        chosen: by `COLUMN` and a column's place, the field that it goes to, `OWN`, or empty.

    Raises:
        DataError: no record, two columns for one field, or a needed field without a column.
    """
    if record is None or record not in RECORDS:
        fault, allowed = "it is not said what the file holds", ", ".join(RECORDS)
        raise DataError(Diagnostic("record-unknown", fault, allowed=allowed))
    names = open_sheet(kept.path).names
    given = [(names[place], value) for place, value in _placed(chosen, len(names))]
    fields = [(theirs, value) for theirs, value in given if value not in ("", OWN)]
    _need_whole(record, fields)
    left_out = {one.name: "" for one in RECORDS[record].fields}
    return Choices(
        record=record,
        columns=left_out | {ours: theirs for theirs, ours in fields},
        attributes=[theirs for theirs, value in given if value == OWN],
        dates=dates if dates in DATE_FORMS else None,
        numbers=numbers if numbers in NUMBER_FORMS else None,
    )


def _placed(chosen: Mapping[str, str], count: int) -> Iterator[tuple[int, str]]:
    for name, value in chosen.items():
        place = name.removeprefix(COLUMN)
        if place.isascii() and place.isdecimal() and int(place) < count:
            yield int(place), value


def _need_whole(record: str, fields: Sequence[tuple[str, str]]) -> None:
    """Every field once at most, and the needed ones once.

    Raises:
        DataError: one diagnostic for each that is not.
    """
    known = RECORDS[record].by_name
    times = Counter(ours for _theirs, ours in fields)
    faults = [
        Diagnostic("field-unknown", f"there is no field {ours!r}") for ours in times.keys() - known
    ]
    faults += [
        Diagnostic("field-twice", f"several columns are to be {ours}", allowed="one column a field")
        for ours, count in times.items()
        if count > 1
    ]
    faults += [
        Diagnostic("field-missing", f"no column is {name}, which every row needs")
        for name in RECORDS[record].needed
        if name not in times
    ]
    if faults:
        raise DataError(faults)


def _guessed(sheet: Sheet, record: str | None) -> Guess | None:
    try:
        return guess(sheet, record)
    except DataError as error:
        if record is None and error.diagnostics[0].code == "record-unclear":
            return None
        raise
