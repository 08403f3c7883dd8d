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
        yield from _contradictions(classifier, table.overlaps)
    else:
        yield from _limited(
            classifier,
            [_meeting(classifier, overlap) for overlap in table.overlaps],
            "meeting rows",
        )
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


def _contradictions(classifier: Classifier, overlaps: Iterable[Overlap]) -> Iterator[Diagnostic]:
    """Under `first` a later, wider row is how tables are written: one line says so for all."""
    pairs = list(overlaps)
    if not pairs:
        return
    named = ", ".join(f"{first} and {second}" for first, second in (one.rows for one in pairs[:3]))
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
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


def _limited(classifier: Classifier, found: list[Diagnostic], what: str) -> Iterator[Diagnostic]:
    yield from found[:MOST_NAMED]
    left = found[MOST_NAMED:]
    if left:
        worst = Severity.ERROR if left[0].severity is Severity.ERROR else Severity.WARNING
        yield Diagnostic(
            f"more-{what.replace(' ', '-')}",
            f"{classifier.name}: {len(left)} more {what}",
            worst,
            classifier.mark,
        )


def _mark(classifier: Classifier, row: int) -> Mark | None:
    return classifier.rules[row - 1].mark or classifier.mark
