"""Where in a classifier's form the fault lies that a diagnostic tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from custrata.engine.diagnostics import Diagnostic, Mark, Severity
from custrata.engine.rules.document import Items, Map, read_document
from custrata.service.rules.editing import FILE
from custrata.service.rules.yaml_text import Path


@dataclass(frozen=True)
class Told:
    """A diagnostic and the part that it is about.

    Attributes:
        path: from the classifier, such as `("table", "rules", 3, "frequency")`; empty where it is
            about all of it, None where it is about something else.
    """

    path: Path | None
    diagnostic: Diagnostic

    @property
    def is_error(self) -> bool:
        """Whether it keeps the draft from being handed in."""
        return self.diagnostic.severity is Severity.ERROR


def placed(text: str, name: str, diagnostics: Iterable[Diagnostic]) -> tuple[Told, ...]:
    """Diagnostics of a text, each with its place in a classifier's form."""
    places = _places(text)
    found = ((one, _path(one, places, name)) for one in diagnostics)
    return tuple(Told(_within(path, name), one) for one, path in found)


def _places(text: str) -> dict[tuple[int, int], Path]:
    """Every part of the text by line and column; where parts begin together, the innermost."""
    root = read_document(text, FILE).root
    return {} if root is None else dict(_walk(root, ()))


def _walk(node: Any, path: Path) -> Iterator[tuple[tuple[int, int], Path]]:
    if isinstance(node, Map):
        for key, value in node.items():
            for mark in (node.values_at[key], node.keys_at[key]):
                yield _at(mark), (*path, key)
            yield from _walk(value, (*path, key))
    elif isinstance(node, Items):
        for place, value in enumerate(node):
            yield _at(node.items_at[place]), (*path, place)
            yield from _walk(value, (*path, place))


def _at(mark: Mark) -> tuple[int, int]:
    return mark.line, mark.column


def _path(one: Diagnostic, places: dict[tuple[int, int], Path], name: str) -> Path | None:
    if one.mark is not None and one.mark.file == FILE:
        return places.get(_at(one.mark))
    head = one.message.partition(":")[0]  # a fault of what a plugin gives: its message names it
    owner, dot, part = head.partition(".")
    if owner != name:
        return None
    return ("classifiers", name, "bands", part) if dot else ("classifiers", name)


def _within(path: Path | None, name: str) -> Path | None:
    return path[2:] if path is not None and path[:2] == ("classifiers", name) else None
