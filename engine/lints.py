"""What is wrong with a table that compiles: read off its map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from custrata.engine.compiled import Compiled
from custrata.engine.diagnostics import Diagnostic, Mark, Severity
from custrata.engine.model import (
    AnyOf,
    Bands,
    Cell,
    Classifier,
    Equals,
    Fixed,
    FoundBands,
    Interval,
    Not,
)
from custrata.engine.table_map import Gap, Overlap, Region, RowMap, TableMap, wants_answers

MOST_NAMED = 8
"""So many gaps, or meeting rows, are told one by one; the rest is counted."""


def lint(compiled: Compiled, table: TableMap) -> Iterator[Diagnostic]:
    """Faults of one table: rows that never hit, rows that meet, parts that nothing answers."""
    classifier = compiled.classifier
    for row in table.rows:
        if row.never:
            yield _never(classifier, row)
    if classifier.policy.kind == "first":
        yield from _contradictions(classifier, table)
    else:
        yield from _limited(
            classifier,
            [_meeting(classifier, overlap) for overlap in table.overlaps],
            "meeting rows",
            table.further_overlaps,
        )
    if table.unanswered and classifier.otherwise is not None:
        told = f"{classifier.name}: no row answers {table.unanswered:,} customers, `otherwise` does"
        yield Diagnostic("otherwise-decides", told, Severity.INFO, classifier.mark)
    if wants_answers(compiled):
        yield from _limited(classifier, [_gap(classifier, gap) for gap in table.gaps], "gaps")
    if not table.complete:
        yield Diagnostic(
            "table-too-large",
            f"{classifier.name}: the table is too large to prove that it has no gaps",
            Severity.INFO,
            classifier.mark,
        )


def symbolic(classifier: Classifier) -> dict[str, FoundBands] | None:
    """Bands with made-up cuts in the right order, for a look at the table without data.

    None where cells compare numbers with cut points that only data can tell.
    """
    from custrata.engine.calibration import fixed_bands

    bands: dict[str, FoundBands] = {}
    for measure, given in classifier.bands.items():
        if not given.found:
            bands[measure] = fixed_bands(given)
        elif any(_has_numbers(cell) for cell in _cells(classifier, measure)):
            return None
        else:
            bands[measure] = fixed_bands(_numbered(given))
    return bands


def _numbered(bands: Bands) -> Bands:
    cuts = tuple(Fixed(place) for place in range(len(bands.cuts)))
    return replace(bands, cuts=cuts, ties="value", duplicates="keep")


def _cells(classifier: Classifier, measure: str) -> Iterable[Cell]:
    cells = [rule.cells[measure] for rule in classifier.rules if measure in rule.cells]
    return [*cells, *(cell for name, cell in classifier.where.items() if name == measure)]


def _has_numbers(cell: Cell) -> bool:
    if isinstance(cell, AnyOf | Not):
        return any(_has_numbers(part) for part in cell.parts)
    return isinstance(cell, Interval) or (
        isinstance(cell, Equals) and not isinstance(cell.value, str)
    )


def _never(classifier: Classifier, row: RowMap) -> Diagnostic:
    why = f"row {row.row} can never hit"
    if row.hidden_by:
        earlier = ", ".join(str(number) for number in row.hidden_by[:MOST_NAMED])
        why = f"row {row.row} never decides, since earlier rows take all that it would ({earlier})"
    return Diagnostic(
        "row-never-hits", f"{classifier.name}: {why}", Severity.WARNING, _mark(classifier, row.row)
    )


def _contradictions(classifier: Classifier, table: TableMap) -> Iterator[Diagnostic]:
    """Under `first` a later, wider row is how tables are written: one line says so for all.

    Rows that came with a plugin are its author's to order.
    """
    pairs = [one.rows for one in table.overlaps if _own(classifier, one.rows[0])]
    if not pairs:
        return
    named = ", ".join(f"{first} and {second}" for first, second in pairs[:3])
    left = len(pairs) - 3 + table.further_overlaps
    more = f" and {left} more" if left > 0 else ""
    yield Diagnostic(
        "rows-overlap",
        f"{classifier.name}: rows {named}{more} meet with different labels; the first decides",
        Severity.INFO,
        classifier.mark,
    )


def _meeting(classifier: Classifier, overlap: Overlap) -> Diagnostic:
    first, second = overlap.rows
    told = f"rows {first} ({overlap.labels[0]}) and {second} ({overlap.labels[1]}) meet"
    policy = classifier.policy.kind
    allowed = "one row" if policy == "unique" else "rows of one label"
    return Diagnostic(
        "rows-meet",
        f"{classifier.name}: {told} at {_place(overlap.region)}",
        Severity.ERROR,
        _mark(classifier, second),
        allowed=f"under {policy!r} {allowed} at most for every customer",
    )


def _gap(classifier: Classifier, gap: Gap) -> Diagnostic:
    kind = {"values": "", "other": " (other texts)", "unknown": " (unknown values)"}[gap.kind]
    return Diagnostic(
        "gap" if gap.kind == "values" else f"gap-{gap.kind}",
        f"{classifier.name}: no row answers{kind} {_place(gap.region)}",
        Severity.WARNING,
        classifier.mark,
        allowed="a row for it, or `otherwise`",
    )


def _place(region: Region) -> str:
    if region.customers is None:
        return str(region)
    return f"{region} ({region.customers:,} customers)"


def _limited(
    classifier: Classifier, found: list[Diagnostic], what: str, further: int = 0
) -> Iterator[Diagnostic]:
    yield from found[:MOST_NAMED]
    left = len(found) - MOST_NAMED + further
    if left > 0:
        told = f"{classifier.name}: {left} more {what}"
        code = f"more-{what.replace(' ', '-')}"
        yield Diagnostic(code, told, found[0].severity, classifier.mark)


def _own(classifier: Classifier, row: int) -> bool:
    """Whether a row (counted from 1) stands in the rules file, not in a plugin's defaults."""
    mark, own = classifier.rules[row - 1].mark, classifier.mark
    return mark is None or own is None or mark.file == own.file


def _mark(classifier: Classifier, row: int) -> Mark | None:
    mark = classifier.rules[row - 1].mark
    return mark if _own(classifier, row) else classifier.mark
