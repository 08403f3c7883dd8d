"""YAML text as plain data in which every part still knows its place.

YAML 1.2 core types only, and numbers with a leading zero stay text: `no`, `on`, `012` and
`12:30` are text. Numbers are exact, texts NFC and trimmed. Anchors, aliases, tags, duplicate
keys and numbers that are not finite are refused. The parser's events are read one by one,
never recursively, so that hostile text neither exhausts the stack nor takes long.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import yaml

from custrata.engine.diagnostics import Diagnostic, Mark
from custrata.engine.rules.faults import Fault, quoted
from custrata.engine.values import Number, canonical

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_FAULTS = 1_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
_LONGEST_NUMBER = 400
_SHORT_NUMBER = 18


class Map(dict[str, Any]):
    """A mapping that knows where it, its keys and its values stand."""

    def __init__(self, mark: Mark):
        super().__init__()
        self.mark = mark
        self.keys_at: dict[str, Mark] = {}
        self.values_at: dict[str, Mark] = {}

    def put(self, key: str, value: Any, key_mark: Mark, value_mark: Mark) -> None:
        """Set a key, with the places of both."""
        self[key] = value
        self.keys_at[key] = key_mark
        self.values_at[key] = value_mark

    def copy_from(self, other: Map, keys: Iterable[str]) -> None:
        """Take over these keys of another mapping, with their places."""
        for key in keys:
            self.put(key, other[key], other.keys_at[key], other.values_at[key])

    def without(self, *keys: str) -> Map:
        """The same mapping, some keys left out."""
        rest = Map(self.mark)
        rest.copy_from(self, (key for key in self if key not in keys))
        return rest


class Items(list[Any]):
    """A list that knows where it and its items stand."""

    def __init__(self, mark: Mark):
        super().__init__()
        self.mark = mark
        self.items_at: list[Mark] = []

    def put(self, value: Any, mark: Mark) -> None:
        """Append an item, with its place."""
        self.append(value)
        self.items_at.append(mark)


@dataclass
class Document:
    """What a text holds.

    Attributes:
        root: None where the text cannot be read at all.
        faults: what is wrong with it as YAML.
        sound: whether `root` holds everything that the text says, faults or not.
    """

    root: Map | None = None
    faults: list[Diagnostic] = field(default_factory=list)
    sound: bool = True


def read_document(text: str | bytes, file: str) -> Document:
    """The document that a text, or a file's bytes, hold; never raises."""
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            return Document(None, [_not_utf8(error, file)], sound=False)
    text = text.removeprefix("\ufeff")
    unreadable = _unreadable(text, file)
    if unreadable:
        return Document(None, [unreadable], sound=False)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if not builder.take(event):
                break
    except yaml.MarkedYAMLError as error:
        builder.faults.append(_syntax(error, text, file))
        builder.sound = False
    except yaml.YAMLError as error:
        builder.faults.append(Diagnostic("yaml-syntax", str(error), mark=Mark(file)))
        builder.sound = False
    return builder.document()


def mark_at(root: Any, path: Iterable[Any], at_key: bool = False) -> Mark | None:
    """Where the part at a path stands, or the nearest part around it that there is."""
    node, mark = root, getattr(root, "mark", None)
    for step in path:
        if isinstance(node, Map) and step in node:
            mark = node.keys_at[step] if at_key else node.values_at[step]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node):
            mark = node.items_at[step]
        else:
            break
        node = node[step]
    return mark


def bare(value: Any) -> Any:
    """Plain dicts and lists without places; fractions as the nearest float."""
    if isinstance(value, Mapping):
        return {key: bare(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | str) else float(value)


def identity(value: Any) -> Any:
    """What a scalar is equal by: its canonical value, or itself where it has none."""
    try:
        return canonical(value)
    except (ValueError, ArithmeticError):
        return value


def clean(text: str) -> str:
    """NFC and trimmed."""
    return unicodedata.normalize("NFC", text).strip()


class _Builder:
    """Puts events together; `stack` holds the open containers, innermost last."""

    def __init__(self, file: str):
        self.file = file
        self.faults: list[Diagnostic] = []
        self.sound = True
        self.stack: list[_Open] = []
        self.root: Any = None
        self.root_mark = Mark(file, 1, 1)
        self.documents = 0

    def document(self) -> Document:
        """What came of it."""
        if isinstance(self.root, Map):
            return Document(self.root, self.faults, self.sound)
        if not self.faults:
            what = "is empty" if self.root is None else f"holds {_kind(self.root)}"
            self._fault(
                self.root_mark,
                Fault(f"the file {what}", "not-a-mapping", allowed="a mapping of keys"),
            )
        return Document(None, self.faults, sound=False)

    def take(self, event: Any) -> bool:
        """Read one event; False where reading on has no use."""
        mark = Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            return self._start_document(mark)
        if isinstance(event, yaml.NodeEvent):
            self._refuse_decoration(event, mark)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark)
        elif isinstance(event, yaml.AliasEvent):
            self._add(None, f"*{event.anchor}", mark)
        elif isinstance(event, yaml.CollectionStartEvent):
            return self._open(event, mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        if len(self.faults) >= MAX_FAULTS:
            self._fault(mark, Fault("too many faults, the rest is not shown", "too-many-faults"))
            self.sound = False
        return len(self.faults) < MAX_FAULTS

    def _start_document(self, mark: Mark) -> bool:
        self.documents += 1
        if self.documents > 1:
            text = "the file holds more than one document"
            self._fault(mark, Fault(text, "many-documents", allowed="one"))
        return self.documents == 1

    def _refuse_decoration(self, event: Any, mark: Mark) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.sound = False
            text = f"alias {quoted(f'*{event.anchor}')} is not allowed"
            self._fault(mark, Fault(text, "yaml-alias", allowed="the value itself, written out"))
        elif event.anchor is not None:
            text = f"anchor {quoted(f'&{event.anchor}')} is not allowed"
            self._fault(mark, Fault(text, "yaml-anchor", allowed="the value itself"))
        if getattr(event, "tag", None) is not None:
            text = f"tag {quoted(event.tag)} is not allowed"
            self._fault(
                mark, Fault(text, "yaml-tag", allowed="values without a tag; text in quotes")
            )

    def _scalar(self, event: Any, mark: Mark) -> None:
        text = clean(event.value)
        if _UNREADABLE.search(text):
            self._fault(mark, Fault(f"a control character in {quoted(text)}", "control-character"))
        elif self.stack and self.stack[-1].wants_key:
            self._add(text, text, mark)
            return
        try:
            self._add(_core(text) if event.style in (None, "") else text, text, mark)
        except ValueError as error:
            self.sound = False
            self._fault(mark, Fault(str(error), "number-out-of-range", allowed="finite numbers"))
            self._add(None, text, mark)

    def _open(self, event: Any, mark: Mark) -> bool:
        if len(self.stack) >= MAX_DEPTH:
            self._fault(mark, Fault("nested too deeply", "too-deep", allowed=f"{MAX_DEPTH} levels"))
            self.sound = False
            return False
        node = Map(mark) if isinstance(event, yaml.MappingStartEvent) else Items(mark)
        self._add(node, None, mark)
        self.stack.append(_Open(node))
        return True

    def _add(self, value: Any, spelling: str | None, mark: Mark) -> None:
        if not self.stack:
            self.root, self.root_mark = value, mark
            return
        top = self.stack[-1]
        if isinstance(top.node, Items):
            top.node.put(value, mark)
        elif top.wants_key:
            self._key(top, spelling, mark)
        else:
            assert top.key_mark is not None
            if top.key is not None:
                top.node.put(top.key, value, top.key_mark, mark)
            top.wants_key = True

    def _key(self, top: _Open, spelling: str | None, mark: Mark) -> None:
        top.wants_key, top.key, top.key_mark = False, spelling, mark
        if spelling is None:
            self.sound = False
            self._fault(mark, Fault("a key must be plain text", "key-not-text", allowed="text"))
        elif spelling in top.node:
            first = top.node.keys_at[spelling]  # type: ignore[union-attr]
            text = f"key {quoted(spelling)} is here already, at line {first.line}"
            self._fault(mark, Fault(text, "duplicate-key", allowed="each key once"))
            top.key = None

    def _fault(self, mark: Mark, fault: Fault) -> None:
        self.faults.append(fault.diagnostic(mark))


@dataclass
class _Open:
    """A container whose end has not come; a mapping wants a key, then its value."""

    node: Map | Items
    key: str | None = None
    key_mark: Mark | None = None

    def __post_init__(self) -> None:
        self.wants_key = isinstance(self.node, Map)


def _core(text: str) -> Number | bool | str | None:
    """A plain scalar, by YAML 1.2's core schema without octal and hexadecimal."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if not _NUMBER.fullmatch(text):
        return text
    if len(text) < _SHORT_NUMBER and text.isdecimal():
        return int(text)
    try:
        return exact(text)
    except (ValueError, ArithmeticError):
        raise ValueError(f"the number {quoted(text)} is out of range") from None


def exact(text: str) -> Number:
    """The number that a text spells, no larger than a float can be.

    Raises:
        ValueError, ArithmeticError: it is out of range.
    """
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("too many digits")
    number = canonical(Decimal(text))
    assert isinstance(number, int | Fraction)
    float(number)
    return number


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else "a single value"


def _not_utf8(error: UnicodeDecodeError, file: str) -> Diagnostic:
    before = error.object[: error.start].decode(errors="replace")
    message = f"the file is not UTF-8: byte 0x{error.object[error.start]:02x}"
    return Diagnostic("not-utf8", message, mark=_mark_at(before, file), allowed="UTF-8")


def _unreadable(text: str, file: str) -> Diagnostic | None:
    """A text too large, or with characters that YAML does not have."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return Diagnostic(
            "too-large", "the file is too large", mark=Mark(file), allowed=f"{MAX_BYTES:,} bytes"
        )
    found = _UNREADABLE.search(text)
    if not found:
        return None
    message = f"a control character, U+{ord(found[0]):04X}"
    return Diagnostic("control-character", message, mark=_mark_at(text[: found.start()], file))


def _mark_at(before: str, file: str) -> Mark:
    """The place right after a text."""
    lines = re.split("\r\n|\r|\n", before)
    return Mark(file, len(lines), len(lines[-1]) + 1)


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Diagnostic:
    where = error.problem_mark or error.context_mark
    if error.context_mark and where and where.index >= len(text.rstrip()):
        where = error.context_mark  # what is not closed says more than the end of the file
    mark = Mark(file, where.line + 1, where.column + 1) if where else Mark(file)
    return Diagnostic("yaml-syntax", "; ".join(_reasons(error, text)), mark=mark)


def _reasons(error: yaml.MarkedYAMLError, text: str) -> Iterator[str]:
    mark, context = error.problem_mark, error.context_mark
    start = text[mark.index : mark.index + 1] if mark else ""
    if start == "\t":
        yield "a tab is not allowed here, indent with spaces"
    elif start in ("@", "`", "%") and "cannot start" in (error.problem or ""):
        yield f"text that begins with {start!r} must stand in quotes"
    else:
        yield (error.problem or "not YAML").lower()
    if (
        context
        and error.context
        and (context.line, context.column) != (mark and (mark.line, mark.column))
    ):
        yield f"{error.context} that begins at line {context.line + 1}, column {context.column + 1}"
