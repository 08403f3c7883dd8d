"""Which column of a file goes where: guessed by its name, shown before anything is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from custrata.engine.diagnostics import DataError, Diagnostic, Mark, nearest
from custrata.service.imports.records import CUSTOMER, RECORDS, Record
from custrata.service.imports.sheet import Sheet
from custrata.service.imports.texts import LONGEST, OPAQUE
from custrata.store.folding import fold

_ALIKE = 0.86
"""How much two words have to have in common to be alike."""
_SHORT = 4
"""So short words are alike by chance."""
_WEAK = "~"
_INNER = frozenset(("attributes", "fact_seq", "name_fold", "overlay", "overlay_by"))
"""Columns of customers that no file brings."""


class Sure(StrEnum):
    """How a column came to its field."""

    NAMED = "named"
    EXACT = "exact"
    KNOWN = "known word"
    SIMILAR = "similar"
    OWN = "own attribute"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Match:
    """A column of a file, and the field that it goes to.

    Attributes:
        theirs: the file's name for it.
        field: ours; the attribute's name where it becomes an own one, None where it is ignored.
        examples: its first values, as they stand.
    """

    theirs: str
    field: str | None
    sure: Sure
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guess:
    """What a file seems to hold.

    Attributes:
        record: its name.
        sure: whether the record was named, or hardly can be another one.
        matches: one for each column, in the file's order.
        missing: needed fields that no column goes to.
    """

    record: str
    sure: bool
    matches: tuple[Match, ...]
    missing: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """By our name of a field, the file's own name for its column."""
        return {
            one.field: one.theirs
            for one in self.matches
            if one.field is not None and one.sure is not Sure.OWN
        }

    @property
    def own(self) -> tuple[str, ...]:
        """Columns that become attributes of customers, under their own names."""
        return tuple(one.theirs for one in self.matches if one.sure is Sure.OWN)

    @property
    def unsure(self) -> tuple[Match, ...]:
        """Columns that go to a needed field for their likeness alone."""
        needed = RECORDS[self.record].needed
        return tuple(
            one for one in self.matches if one.sure is Sure.SIMILAR and one.field in needed
        )


def guess(
    sheet: Sheet,
    record: str | None = None,
    columns: Mapping[str, str] | None = None,
    attributes: Collection[str] | None = None,
) -> Guess:
    """The record of a file, and its columns.

    Args:
        record: what it holds; None tells it by the columns and the file's name.
        columns: by our name of a field, the file's own name for it; empty text leaves it out.
        attributes: which columns that are none of our fields become attributes of customers,
            by the file's names; None takes all.

    Raises:
        DataError: no such record, no such column, or nobody can tell what the file holds.
    """
    named = dict(columns or {})
    known = _known(record) if record else RECORDS.values()
    _check_named(known, sheet, named, attributes)
    able = [one for one in known if set(named) <= set(one.by_name)]
    found = [_of(one, sheet, named, attributes) for one in able]
    return found[0] if record else _likeliest(sheet, found)


def check(sheet: Sheet, found: Guess) -> None:
    """Refuse a file that lacks a needed column.

    Raises:
        DataError: one diagnostic for each column.
    """
    if found.missing:
        raise DataError(_missing(sheet, found, name) for name in found.missing)


def _missing(sheet: Sheet, found: Guess, name: str) -> Diagnostic:
    there = ", ".join(sheet.names)
    free = [one.theirs for one in found.matches if one.field is None or one.sure is Sure.OWN]
    like = nearest(name, free) or "ITS NAME IN THE FILE"
    told = f"no column is recognised as {name} of {found.record}; the columns are {there}"
    return Diagnostic(
        "column-missing", f'{told}; add --map "{name}={like}"', mark=Mark(str(sheet.path))
    )


def _known(record: str) -> Collection[Record]:
    if record in RECORDS:
        return (RECORDS[record],)
    raise DataError(
        Diagnostic(
            "record-unknown",
            f"there is no record {record!r}",
            allowed=", ".join(RECORDS),
            nearest=nearest(record, RECORDS),
        )
    )


def _of(
    record: Record,
    sheet: Sheet,
    named: Mapping[str, str],
    attributes: Collection[str] | None,
) -> Guess:
    """The columns of a file, taken as a record."""
    by_column = {theirs: ours for ours, theirs in named.items() if theirs}
    open_fields = [name for name in record.by_name if name not in named]
    free = [name for name in sheet.names if name and name not in by_column]
    matched = _assigned(record.name, open_fields, free)
    matches = []
    for name in sheet.names:
        field, sure = by_column.get(name), Sure.NAMED
        if field is None:
            field, sure = matched.get(name) or _left(record, sheet, name, attributes)
        matches.append(Match(name, field, sure, sheet.examples(name)))
    taken = {one.field for one in matches if one.sure is not Sure.OWN}
    missing = tuple(name for name in record.needed if name not in taken)
    return Guess(record.name, True, tuple(matches), missing)


def _left(
    record: Record, sheet: Sheet, name: str, attributes: Collection[str] | None
) -> tuple[str | None, Sure]:
    """What becomes of a column that is none of our fields."""
    ours = name in record.by_name or name in _INNER
    fit = 0 < len(name) <= LONGEST and not isinstance(sheet.schema[name], OPAQUE)
    wanted = attributes is None or name in attributes
    if record.name == "customers" and wanted and fit and not ours:
        return name, Sure.OWN
    return None, Sure.IGNORED


def _check_named(
    records: Collection[Record],
    sheet: Sheet,
    named: Mapping[str, str],
    attributes: Collection[str] | None,
) -> None:
    """Refuse fields that no record has, and columns that the file lacks."""
    fields = list(dict.fromkeys(name for one in records for name in one.by_name))
    faults = [_no_field(fields, name) for name in named if name not in fields]
    given = list(filter(None, named.values()))
    wanted = [*given, *(attributes or ())]
    faults += [_no_column(sheet, name) for name in wanted if name not in sheet.names]
    faults += [
        Diagnostic("column-twice", f"the column {name!r} is to be two fields")
        for name in dict.fromkeys(given)
        if given.count(name) > 1
    ]
    if faults:
        raise DataError(faults)


def _no_field(fields: Sequence[str], name: str) -> Diagnostic:
    return Diagnostic(
        "field-unknown",
        f"there is no field {name!r}",
        allowed=", ".join(fields),
        nearest=nearest(name, fields),
    )


def _no_column(sheet: Sheet, name: str) -> Diagnostic:
    return Diagnostic(
        "column-missing",
        f"there is no column {name!r}",
        mark=Mark(str(sheet.path)),
        allowed=", ".join(sheet.names),
        nearest=nearest(name, sheet.names),
    )


# --- the record ---------------------------------------------------------------------------


def _likeliest(sheet: Sheet, found: Sequence[Guess]) -> Guess:
    """The record that most columns speak for, with the file's name as one voice more."""
    whole = [one for one in found if not one.missing]
    voices = {one.record: _voices(sheet, one) for one in whole if _tells(sheet, one)}
    ranked = sorted(voices.values(), reverse=True)
    names = [name for name, count in voices.items() if count == ranked[0]]
    if len(names) != 1:
        held = f"it may hold {' or '.join(names)}" if names else "its columns are no known record's"
        raise DataError(
            Diagnostic(
                "record-unclear",
                f"cannot tell what the file holds: {held}; name it with --record",
                mark=Mark(str(sheet.path)),
                allowed=", ".join(RECORDS),
            )
        )
    best = next(one for one in whole if one.record == names[0])
    alone = len(ranked) == 1 or ranked[0] - ranked[1] >= 1
    return replace(best, sure=alone and (_most_taken(best) or bool(_named_so(sheet.path, best))))


def _most_taken(one: Guess) -> bool:
    """Whether at least half of a file's columns have a field."""
    return 2 * len(one.columns) >= len(one.matches)


def _voices(sheet: Sheet, one: Guess) -> float:
    weights = {Sure.NAMED: 1.0, Sure.EXACT: 1.0, Sure.KNOWN: 1.0, Sure.SIMILAR: 0.5}
    return sum(weights.get(match.sure, 0) for match in one.matches) + _named_so(sheet.path, one)


def _tells(sheet: Sheet, one: Guess) -> bool:
    """Whether something speaks for a record besides what most records have."""
    common = {CUSTOMER, "owner", "occurred_at", "changed_at"}
    return bool(set(one.columns) - common) or bool(_named_so(sheet.path, one))


def _named_so(path: Path, one: Guess) -> float:
    stem = f" {_words(path.stem)} "
    known = (_words(word) for word in _lists()["records"][one.record])
    return 1.5 if any(f" {word} " in stem or _is_in(word, stem) for word in known) else 0


# --- the columns --------------------------------------------------------------------------

_RANKS = (Sure.EXACT, Sure.KNOWN, Sure.SIMILAR)
_EXACT, _KNOWN, _SIMILAR = range(3)


@dataclass(frozen=True, order=True)
class _Likeness:
    """How well a column's name fits a field; the least fits best."""

    rank: int
    order: float
    place: int
    field: str
    theirs: str

    @property
    def sure(self) -> Sure:
        return _RANKS[self.rank]


def _assigned(
    record: str, fields: Sequence[str], names: Sequence[str]
) -> dict[str, tuple[str, Sure]]:
    """The field of each column that has one; each field once, the best likeness first."""
    found: dict[str, tuple[str, Sure]] = {}
    folded = [_words(name) for name in names]
    likenesses = sorted(
        _Likeness(rank, order, place, field, name)
        for place, (name, here) in enumerate(zip(names, folded, strict=True))
        for field in fields
        for rank, order in _likenesses(record, field, here)
    )
    taken: set[str] = set()
    for one in likenesses:
        if one.theirs not in found and one.field not in taken:
            found[one.theirs] = (one.field, one.sure)
            taken.add(one.field)
    return found


@lru_cache(maxsize=10_000)
def _likenesses(record: str, field: str, here: str) -> tuple[tuple[int, float], ...]:
    """How well a name fits a field: ranks, and the order within them."""
    if here == _words(field):
        return ((_EXACT, 0),)
    found: list[tuple[int, float]] = []
    for order, (word, weak) in enumerate(_field_words(record, field)):
        if here == word:
            found.append((_SIMILAR if weak else _KNOWN, order))
        elif not weak and (likeness := _like(word, here)):
            found.append((_SIMILAR, 100 - likeness))
    return tuple(found)


def _like(word: str, here: str) -> float:
    """How much of a name is a word that it has in it, or nearly is: 0 to 1."""
    if len(word) > _SHORT and f" {word} " in f" {here} ":
        return len(word) / len(here)
    if _is_in(word, here):
        return len(word) / len(here)
    most = 2 * min(len(word), len(here)) / (len(word) + len(here))
    if len(word) <= _SHORT or most < _ALIKE:
        return 0
    ratio = SequenceMatcher(None, word, here).ratio()
    return ratio if ratio >= _ALIKE else 0


def _is_in(word: str, here: str) -> bool:
    """Whether a Chinese word, which nothing parts from others, stands in a name."""
    return len(word) > 1 and not word.isascii() and word in here


def _words(text: str) -> str:
    """A name as it is compared: without capitals, accents and punctuation."""
    return re.sub(r"[\W_]+", " ", fold(text)).strip()


@cache
def _field_words(record: str, field: str) -> tuple[tuple[str, bool], ...]:
    """The words of a field, and whether each is a weak one."""
    fields = _lists()["fields"]
    listed = fields.get(f"{record}.{field}") or fields.get(field) or ()
    return tuple((_words(word), word.startswith(_WEAK)) for word in listed)


@cache
def _lists() -> dict[str, Any]:
    text = (files("custrata") / "service" / "imports" / "words.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
