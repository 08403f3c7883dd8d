"""Parts of a YAML text replaced where they stand; all else stays as it is, to the character.

The text is composed into nodes that know where they begin and end, and only the characters of the
part that changes are exchanged. A path is a tuple of keys and of places in lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import yaml

from custrata.engine.rules.cells import spell_number
from custrata.engine.rules.document import read_document

Path = tuple[str | int, ...]
Edit = Callable[[str, Path], str]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WIDE = 96
_STEP = 2
_PLAIN = re.compile(r"\w[\w .+/%–-]*")


def put(text: str, path: Path, value: Any) -> str:
    """The text with a value at a path; keys that lack are made.

    Args:
        value: plain: mappings, lists, texts, numbers, Booleans, None.
    """
    node, way, left = _find(text, path)
    for key in reversed(left[1:]):
        value = {key: value}
    if left:
        return _with_key(text, node, way, str(left[0]), value)
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        start, end = _span(node)
        return _spliced(text, start, end, _lead(text, start) + flow(value))
    key = way[-1]
    return text[: key.end_mark.index] + f": {flow(value)}" + text[_end(node) :]


def remove(text: str, path: Path) -> str:
    """The text without a key; as it was where there is none."""
    parent, way, left = _find(text, path[:-1])
    if left or not isinstance(parent, yaml.MappingNode):
        return text
    places = [number for number, (key, _) in enumerate(parent.value) if key.value == path[-1]]
    if not places:
        return text
    if len(parent.value) == 1:
        return _replaced(text, parent, way, "{}")
    key, value = parent.value[places[0]]
    if parent.flow_style:
        return _without_pair(text, parent, places[0])
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    if text[start : key.start_mark.index].strip():  # behind the dash of a list
        return text[: key.start_mark.index] + text[parent.value[1][0].start_mark.index :]
    end = _line_end(text, _end(value, key))
    return text[:start] + text[min(end + 1, len(text)) :]


def arrange(text: str, path: Path, items: Sequence[int | Mapping[str, Any]]) -> str:
    """The text with a list put together anew.

    Args:
        items: places of items as they are, with their comments; and new items.
    """
    node, way, left = _find(text, path)
    if left or not isinstance(node, yaml.SequenceNode):
        return put(text, path, list(items))
    if list(items) == list(range(len(node.value))):
        return text
    if not items:
        return _replaced(text, node, way, "[]")
    pieces = None if node.flow_style else _pieces(text, node)
    if pieces is None:
        kept = [text[slice(*_span(one))] for one in node.value]
        parts = [kept[one] if isinstance(one, int) else flow(one) for one in items]
        return _replaced(text, node, way, f"[{', '.join(parts)}]")
    start, end, lines = pieces
    indent = " " * node.start_mark.column
    parts = [lines[one] if isinstance(one, int) else f"{indent}- {flow(one)}\n" for one in items]
    rest = text[end:]
    return text[:start] + "".join(parts).removesuffix("" if rest else "\n") + rest


def edited_items(text: str, path: Path, edits: Mapping[int, Edit]) -> str:
    """The text with some items of a list edited.

    Each item is edited as a text of its own, since a long list takes long to be read.

    Args:
        edits: by place; each takes a text and the path at which the item is in it.
    """
    node, _way, left = _find(text, path)
    is_block = not left and isinstance(node, yaml.SequenceNode) and not node.flow_style
    pieces = _pieces(text, node) if is_block else None
    if pieces is None:
        for place, edit in edits.items():
            text = edit(text, (*path, place))
        return text
    start, end, lines = pieces
    for place, edit in edits.items():
        lines[place] = edit(lines[place], (0,))
    rest = text[end:]
    ended = rest or text.endswith("\n")
    return text[:start] + "".join(lines).removesuffix("" if ended else "\n") + rest


def as_block(text: str, path: Path) -> str:
    """The text with the mapping at a path written one key a line, where it may be."""
    node, way, left = _find(text, path)
    if left or not isinstance(node, yaml.MappingNode) or not node.flow_style or not node.value:
        return text
    if not way or _in_brackets(text, node.start_mark.index):
        return text
    indent = "\n" + " " * (way[-1].start_mark.column + _STEP)
    parts = [
        f"{text[slice(*_span(key))]}: {text[slice(*_span(value))]}" for key, value in node.value
    ]
    return _replaced(text, node, way, "".join(indent + part for part in parts), space="")


# --- writing ------------------------------------------------------------------------------


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return spell_number(value) if isinstance(value, int | Fraction) else _text(str(value))


def _text(text: str) -> str:
    """A text that reads as itself wherever it stands."""
    if _PLAIN.fullmatch(text) and not text.endswith(" "):
        root = read_document(f"a: {{b: {text}}}", "").root
        if root is not None and root["a"] == {"b": text} and isinstance(root["a"]["b"], str):
            return text
    signs = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(signs.get(sign, sign) for sign in text) + '"'


def _block(value: Any, indent: int) -> str:
    """What follows a key's colon: on its line where it is short, else one part a line."""
    short = flow(value)
    lead = "\n" + " " * indent
    if isinstance(value, list) and any(isinstance(one, Mapping) for one in value) and value:
        return "".join(f"{lead}- {flow(one)}" for one in value)
    if not isinstance(value, Mapping) or not _is_large(value):
        return f" {short}"
    return "".join(f"{lead}{flow(key)}:{_block(one, indent + _STEP)}" for key, one in value.items())


def _is_large(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is better read one key a line."""
    nested = any(isinstance(one, Mapping) for one in value.values())
    return "rules" in value or nested or len(flow(value)) > _WIDE


# --- places in the text -------------------------------------------------------------------


def _find(text: str, path: Path) -> tuple[Any, list[Any], Path]:
    """The last node of a path that there is, the key nodes on the way, and the steps left."""
    node, way = yaml.compose(text, Loader=_Loader), list[Any]()
    for number, step in enumerate(path):
        following = _step(node, step)
        if following is None:
            return node, way, path[number:]
        key, node = following
        way.append(key)
    return node, way, ()


def _in_brackets(text: str, start: int) -> bool:
    """Whether a place lies within brackets, where everything has to be on one line."""
    node = yaml.compose(text, Loader=_Loader)
    while isinstance(node, yaml.CollectionNode):
        if node.flow_style and node.start_mark.index < start:
            return True
        parts = [
            one for pair in node.value for one in (pair if isinstance(pair, tuple) else (pair,))
        ]
        node = next((one for one in parts if one.start_mark.index <= start <= _end(one)), None)
    return False


def _step(node: Any, step: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, one) for key, one in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _span(node: Any) -> tuple[int, int]:
    return node.start_mark.index, _end(node)


def _end(node: Any, key: Any = None) -> int:
    """Where a node's last character is left behind; a block's own mark lies lines below."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        pair = last if isinstance(last, tuple) else (None, last)
        return _end(pair[1], pair[0])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1
    end = int(node.end_mark.index)
    return max(end, key.end_mark.index + 1) if key is not None else end


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    return len(text) if found < 0 else found


def _lead(text: str, start: int) -> str:
    """A blank after a colon that has none, for a value that was left empty."""
    return " " if text[start - 1 : start] == ":" else ""


def _spliced(text: str, start: int, end: int, new: str) -> str:
    """A part of a line exchanged; a comment behind it stays in its column if it can."""
    line_end = _line_end(text, end)
    behind = text[end:line_end]
    head, sign, comment = behind.partition("#")
    before = head.rstrip(" ")
    blanks = len(head) - len(before)
    if sign and blanks >= 2 and not {"'", '"'} & set(head) and "\n" not in new:
        blanks = max(2, blanks - (len(new) - (end - start)))
        behind = before + " " * blanks + sign + comment
    return text[:start] + new + behind + text[line_end:]


def _replaced(text: str, node: Any, way: list[Any], new: str, space: str = " ") -> str:
    """A whole value exchanged, on the line of its key."""
    if node.flow_style and space:
        start, end = _span(node)
        return _spliced(text, start, end, new)
    return text[: way[-1].end_mark.index] + ":" + space + new + text[_end(node) :]


def _with_key(text: str, node: Any, way: list[Any], key: str, value: Any) -> str:
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return _first_key(text, node, way, key, value)
    last_key, last = node.value[-1]
    if node.flow_style:
        place = _end(last, last_key)
        return _spliced(text, place, place, f", {flow(key)}: {flow(value)}")
    indent = node.value[0][0].start_mark.column
    place = _line_end(text, _end(last, last_key))
    line = f"\n{' ' * indent}{flow(key)}:{_block(value, indent + _STEP)}"
    return text[:place] + line + text[place:]


def _first_key(text: str, node: Any, way: list[Any], key: str, value: Any) -> str:
    """A mapping of one key where there was nothing: `{}`, or an empty value."""
    if not way:
        return f"{text}{flow(key)}:{_block(value, _STEP)}\n"
    start, end = _span(node)
    if _in_brackets(text, start) or isinstance(value, int | str | Fraction):
        return _spliced(text, start, end, _lead(text, start) + flow({key: value}))
    indent = way[-1].start_mark.column + _STEP
    written = f"\n{' ' * indent}{flow(key)}:{_block(value, indent + _STEP)}"
    head, line_end = text[:start].rstrip(" "), _line_end(text, end)
    return head + text[end:line_end] + written + text[line_end:]


def _without_pair(text: str, parent: Any, place: int) -> str:
    pairs = parent.value
    start = pairs[place][0].start_mark.index
    if place + 1 < len(pairs):
        return text[:start] + text[pairs[place + 1][0].start_mark.index :]
    before = _end(pairs[place - 1][1], pairs[place - 1][0])
    return text[:before] + text[_end(pairs[place][1], pairs[place][0]) :]


def _pieces(text: str, node: Any) -> tuple[int, int, list[str]] | None:
    """A block list cut into whole lines, each item with the comments right above it."""
    starts = []
    for one in node.value:
        line = text.rfind("\n", 0, one.start_mark.index) + 1
        if text[line : one.start_mark.index].strip(" ") != "-":
            return None
        starts.append(line)
    first = starts[0]
    starts = [starts[0], *(_above(text, line, first) for line in starts[1:])]
    end = min(_line_end(text, _end(node.value[-1])) + 1, len(text))
    lines = [text[a:b] for a, b in zip(starts, [*starts[1:], end], strict=True)]
    if not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return first, end, lines


def _above(text: str, line: int, least: int) -> int:
    """Where the comments right above a line begin."""
    while line > least:
        before = text.rfind("\n", 0, line - 1) + 1
        if before <= least or not text[before:line].lstrip(" ").startswith("#"):
            break
        line = before
    return line
