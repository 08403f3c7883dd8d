"""Gathers what is wrong with a file, each fault at its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError
from marshmallow.exceptions import SCHEMA

from custrata.engine.diagnostics import Diagnostic, RulesError, Severity
from custrata.engine.rules.document import MAX_FAULTS, Map, bare, mark_at
from custrata.engine.rules.faults import Fault, as_fault, flattened, listed, near, place, quoted

Path = tuple[Any, ...]


class Findings:
    """Diagnostics of one file; paths are counted from its root.

    Attributes:
        root: the file, merged with what it inherits.
        found: so far, in no order.
    """

    def __init__(self, root: Map, found: list[Diagnostic] | None = None):
        self.root = root
        self.found = list(found or ())

    @property
    def errors(self) -> bool:
        """Whether anything stops the work."""
        return any(one.severity is Severity.ERROR for one in self.found)

    def add(self, path: Path, fault: Fault, severity: Severity = Severity.ERROR) -> None:
        """A fault of the part at a path.

        Raises:
            RulesError: there are so many that more would help nobody.
        """
        mark = mark_at(self.root, path, fault.at_key)
        shown = path[:-1] if fault.at_key else path
        self.found.append(fault.diagnostic(mark, place(shown), severity))
        if len(self.found) >= MAX_FAULTS:
            self.found.append(
                Diagnostic("too-many-faults", "too many faults, the rest is not shown")
            )
            raise RulesError(self.sorted())

    def messages(self, messages: Any, path: Path) -> None:
        """What a schema or a cell says of the part at a path."""
        for inner, message in flattened(messages, path):
            self.add(*self._located(inner, as_fault(message)))

    def load(self, schema: Schema, value: Any, path: Path) -> Any:
        """A part read by its schema; where it is wrong, what of it could be read."""
        try:
            return schema.load(value)
        except ValidationError as error:
            self.messages(error.messages, path)
            return error.valid_data if isinstance(error.valid_data, dict) else {}

    def parameters(self, schema: type[Schema] | None, given: Map, path: Path) -> Mapping[str, Any]:
        """Parameters, checked by a plugin's schema, as they are written."""
        fields = {} if schema is None else schema().load_fields
        known = [field.data_key or name for name, field in fields.items()]
        plain: dict[str, Any] = bare(given)
        for key in given:
            if key not in known:
                self.add((*path, key), _unknown_parameter(key, known))
        try:
            if schema is not None:
                schema(unknown="exclude").load(plain)
        except ValidationError as error:
            self.messages(error.messages, path)
        return plain

    def sorted(self) -> list[Diagnostic]:
        """By file and place, without repetitions."""
        return sorted(dict.fromkeys(self.found), key=_order)

    def _located(self, path: Path, fault: Fault) -> tuple[Path, Fault]:
        """The part that is there, and the fault seen from it.

        Marshmallow tells of a missing key under that key, and of a mapping's entries under
        `key` and `value`.
        """
        real = tuple(self._steps(path))
        if fault.code == "missing-key" and real != path:
            return real, Fault(f"{path[-1]} {fault}", fault.code, allowed=fault.allowed)
        return real, fault

    def _steps(self, path: Path) -> list[Any]:
        node: Any = self.root
        steps: list[Any] = []
        for step in path:
            inside = step in node if isinstance(node, dict) else isinstance(node, list)
            if inside:
                node = node[step]
                steps.append(step)
            elif step not in ("key", "value", SCHEMA):
                break
        return steps


def _unknown_parameter(key: str, known: list[str]) -> Fault:
    text = f"unknown parameter {quoted(key)}"
    allowed = listed(known) or "none"
    return Fault(text, "unknown-parameter", allowed=allowed, nearest=near(key, known), at_key=True)


def _order(one: Diagnostic) -> tuple[str, int, int, str]:
    mark = one.mark
    return (mark.file, mark.line, mark.column, one.code) if mark else ("", 0, 0, one.code)
