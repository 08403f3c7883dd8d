"""How classifiers read each other: `label.x`, `score.x`, and the order that follows."""

from __future__ import annotations

import graphlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from custrata.engine.diagnostics import Severity
from custrata.engine.model import AnyOf, Cell, Classifier, Equals, Not
from custrata.engine.rules.classifiers import given_labels, group_faults
from custrata.engine.rules.document import Map, mark_at
from custrata.engine.rules.faults import Fault, listed, near, quoted
from custrata.engine.rules.fields import number
from custrata.engine.rules.findings import Findings, Path
from custrata.engine.rules.measures import find_circles
from custrata.engine.rules.schema import REFERENCES
from custrata.engine.values import spelling


def in_order(
    classifiers: Mapping[str, Classifier], sound: Collection[str], findings: Findings
) -> tuple[Classifier, ...]:
    """The classifiers, each after those that it reads.

    Args:
        classifiers: by name, as written.
        sound: those without faults of their own: of them alone all labels are known.
        findings: takes what is wrong.
    """
    reads: dict[str, list[str]] = {name: [] for name in classifiers}
    for name, classifier in classifiers.items():
        for column, place, cell in _references(classifier, findings):
            target = column.partition(".")[2]
            if fault := _wrong_reference(column, classifiers, sound, findings):
                findings.add(place, fault)
                continue
            if target not in reads[name]:
                reads[name].append(target)
            if target in sound and column.startswith("label."):
                _check_value(classifiers[target], cell, place, findings)
    circles = find_circles(reads)
    for circle in circles:
        text = f"classifiers read each other: {' → '.join(circle)}"
        fault = Fault(text, "circle", allowed="results without a circle", at_key=True)
        findings.add(("classifiers", circle[0]), fault)
    if circles:
        return tuple(classifiers.values())
    order = [classifiers[name] for name in graphlib.TopologicalSorter(reads).static_order()]
    _check_distant_effects(order, reads, findings)
    return tuple(order)


def _references(classifier: Classifier, findings: Findings) -> Iterator[tuple[str, Path, Cell]]:
    """Every cell over another's result: its column, its place, and what it asks."""
    base: Path = ("classifiers", classifier.name)
    for column, cell in classifier.where.items():
        if column.startswith(REFERENCES):
            yield column, (*base, "where", column), cell
    if not any(column.startswith(REFERENCES) for column in classifier.table_columns):
        return
    rows = findings.root["classifiers"][classifier.name]["table"]["rules"]
    places = {row.mark: index for index, row in enumerate(rows) if isinstance(row, Map)}
    for rule in classifier.rules:
        assert rule.mark is not None
        path = (*base, "table", "rules", places[rule.mark])
        for column, cell in rule.cells.items():
            if column.startswith(REFERENCES):
                yield column, (*path, column), cell


def _wrong_reference(
    column: str, classifiers: Mapping[str, Classifier], sound: Collection[str], findings: Findings
) -> Fault | None:
    """The target exists, and gives one label, or a number where `score` asks for it."""
    kind, _, target = column.partition(".")
    if target not in classifiers:
        written = target in findings.root["classifiers"]
        state = "is not enabled" if written else "is not in these rules"
        text = f"classifier {quoted(target)} {state}"
        known = tuple(classifiers)
        allowed, close = listed(f"{kind}.{name}" for name in known), near(target, known)
        hint = f"{kind}.{close}" if close else None
        return Fault(text, "unknown-classifier", allowed=allowed, nearest=hint, at_key=True)
    if classifiers[target].policy.lists:
        text = f"{target} gives a list, which no cell can read"
        return Fault(text, "list-result", allowed="a classifier that gives one label", at_key=True)
    if kind == "score" and target in sound and not gives_number(classifiers[target]):
        text = f"{target} gives labels that are no numbers"
        return Fault(
            text, "no-score", allowed=f"label.{target}, or a table of numbers", at_key=True
        )
    return None


def gives_number(classifier: Classifier) -> bool:
    """Whether the result is a number, or null: a score, or labels that are numbers."""
    if classifier.policy.lists:
        return False
    labels = given_labels(classifier).values()
    return classifier.policy.scores or all(number(label) is not None for label in labels)


def _check_value(target: Classifier, cell: Cell, place: Path, findings: Findings) -> None:
    """A label that the other classifier never gives is probably misspelt."""
    mark = mark_at(findings.root, place)
    if target.policy.scores or (mark and mark.file != findings.root.mark.file):
        return  # rows that a plugin brings name labels of presets, too
    known = given_labels(target)
    for value in _values(cell):
        if value not in known:
            words = [spelling(label) for label in known.values()]
            text = f"{target.name} never gives {quoted(value)}"
            fault = Fault(text, "unknown-label", allowed=listed(words), nearest=near(value, words))
            findings.add(place, fault, Severity.WARNING)


def _values(cell: Cell) -> Iterator[Any]:
    if isinstance(cell, AnyOf | Not):
        for part in cell.parts:
            yield from _values(part)
    elif isinstance(cell, Equals):
        yield cell.value


def _check_distant_effects(
    order: Sequence[Classifier], reads: Mapping[str, list[str]], findings: Findings
) -> None:
    """An effect must not write what its classifier reads through another one, either."""
    read: dict[str, frozenset[str]] = {}
    for classifier in order:
        beyond = frozenset().union(*(read[name] for name in reads[classifier.name]))
        read[classifier.name] = _groups(classifier) | beyond
        for path, fault in group_faults(classifier, beyond - _groups(classifier)):
            findings.add(("classifiers", classifier.name, *path), fault)


def _groups(classifier: Classifier) -> frozenset[str]:
    return frozenset(name for name in classifier.columns if name.split(".")[0] == "groups")
