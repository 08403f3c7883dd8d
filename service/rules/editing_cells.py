"""Cells, cut points and effects as a person types them, and as a rules file holds them.

A cell is typed without brackets: `low, medium` is a list, nothing is "anything", `null` is a
missing value; a text that holds a comma stands in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from custrata.engine.rules.cells import spell_number
from custrata.engine.rules.document import exact
from custrata.engine.values import NUMBER_PATTERN, spelling

ANYTHING = ""
NULL = "null"
FOUND = ("quantile", "top_fraction", "bottom_fraction", "top_share", "of_total", "deviation")
WORDS = ("mean", "median")
KINDS = ("number", *WORDS, *FOUND)
"""How a cut point is found, as `CutForm.kind` names it."""
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "quantile": ("method",),
    "top_share": ("border",),
    "deviation": ("sample",),
}
_DIGITS = 400
"""A number of more is read as text."""
_NUMBER = re.compile(NUMBER_PATTERN)
_QUOTED = re.compile(r"\"((?:[^\"]|\"\")*)\"|'((?:[^']|'')*)'", re.DOTALL)
_NEGATION = re.compile(r"(not\s*\()(.*)(\))", re.DOTALL)
_RANGE = re.compile(r"[\[(][^\[\](),\"']{0,60}\.\.[^\[\](),\"']{0,60}[\])]")


@dataclass(frozen=True)
class CutForm:
    """A cut point as texts.

    Attributes:
        kind: one of `KINDS`. amount: its number; empty for `mean` and `median`.
        option: what follows it, `method`, `border` or `sample`; empty is the default.
    """

    kind: str = "number"
    amount: str = ""
    option: str = ""


# --- cells --------------------------------------------------------------------------------


def cell_text(value: Any) -> str:
    """A cell of a rules file as it is typed."""
    if isinstance(value, list):
        return ", ".join(map(_part_text, value))
    return _part_text(value)


def cell_value(text: str) -> Any:
    """A typed cell as a rules file holds it; `ANYTHING` is for the caller to leave out."""
    parts = [part.strip() for part in split(text)]
    values = [_part_value(part) for part in parts if part]
    return values[0] if len(values) == 1 else values


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A typed cell in which bands have new names."""
    if not names:
        return text
    found = _NEGATION.fullmatch(text.strip())
    if found:
        blanks = text[: len(text) - len(text.lstrip())]
        return blanks + found[1] + renamed(found[2], names) + found[3]
    parts = split(text)
    if len(parts) > 1:
        return ",".join(renamed(part, names) for part in parts)
    bare = text.strip()
    known = names.get(_unquoted(bare) or bare)
    return text if known is None else text.replace(bare, _quoted_if_needed(known))


def split(text: str) -> list[str]:
    """The parts between commas; quotes, ranges and parentheses hold together."""
    parts, depth, place = [""], 0, 0
    while place < len(text):
        atom = _atom(text, place) if not parts[-1].strip() or parts[-1][-1] in "(=" else None
        sign = atom or text[place]
        depth = max(0, depth + (sign == "(") - (sign == ")"))
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
        place += len(sign)
    return parts


def _atom(text: str, place: int) -> str | None:
    found = _QUOTED.match(text, place) or _RANGE.match(text, place)
    return found[0] if found else None


def _part_text(value: Any) -> str:
    if value is None:
        return NULL
    if not isinstance(value, str):
        return number_text(value)
    return _quoted_if_needed(value)


def _quoted_if_needed(text: str) -> str:
    next_one = "\"'"  # would end a quotation that the text opens
    alone = split(f"{text},{next_one}") == [text, next_one]
    bare = alone and text not in ("", NULL) and _unquoted(text) is None and text == text.strip()
    return text if bare else '"' + text.replace('"', '""') + '"'


def _part_value(part: str) -> Any:
    inner = _unquoted(part)
    if inner is not None:
        return inner
    return None if part == NULL else number_or_text(part)


def _unquoted(text: str) -> str | None:
    found = _QUOTED.fullmatch(text)
    if found is None:
        return None
    return found[1].replace('""', '"') if found[1] is not None else found[2].replace("''", "'")


# --- numbers and labels -------------------------------------------------------------------


def number_or_text(text: str) -> Any:
    """What a file would read: a number where it is one, else the text."""
    if not _NUMBER.fullmatch(text):
        return text
    try:
        return exact(text)
    except (ValueError, ArithmeticError):
        return text


def plain_number(text: str) -> Decimal | None:
    """A typed number, exact, that can be written out and reckoned with; None where it is none."""
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    small = found.is_finite() and abs(found.adjusted()) <= _DIGITS
    return found if small and len(found.as_tuple().digits) <= _DIGITS else None


def number_text(value: Any) -> str:
    """A number as it is typed; `true` and `false` for Booleans."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        return spelling(value) if isinstance(value, bool) else str(value)
    return spell_number(value)


def label_text(value: Any) -> str:
    """A label, or the points of a scorecard, as it is typed; empty for none."""
    return "" if value is None else number_text(value)


def label_value(text: str) -> Any:
    """A typed label as a file holds it."""
    if text in ("true", "false"):
        return text == "true"
    return number_or_text(text) if text else None


# --- cut points ---------------------------------------------------------------------------


def cut_form(value: Any) -> CutForm:
    """A cut point of a rules file, right or wrong, as texts."""
    if isinstance(value, Mapping):
        kind = next((one for one in FOUND if one in value), FOUND[0])
        options = [value[name] for name in _OPTIONS.get(kind, ()) if name in value]
        return CutForm(kind, _plain(value.get(kind)), _plain(options[0]) if options else "")
    if value in WORDS:
        return CutForm(str(value))
    return CutForm("number", _plain(value))


def cut_value(cut: CutForm) -> Any:
    """A cut point as a rules file holds it; what is wrong is left for the reader to find."""
    if cut.kind in WORDS:
        return cut.kind
    amount = number_or_text(cut.amount.strip())
    if cut.kind == "number":
        return amount
    options = _OPTIONS.get(cut.kind, ())
    more = {name: label_value(cut.option) for name in options if cut.option}
    return {cut.kind: amount, **more}


def _plain(value: Any) -> str:
    return "" if value is None else number_text(value)


# --- effects ------------------------------------------------------------------------------


def effects_text(effects: Any) -> str:
    """Effects, one a line: `set_stage: dont_forget`."""
    return "\n".join(map(_effect_text, effects if isinstance(effects, list) else []))


def effects_value(text: str) -> list[Any]:
    """Typed effects as a rules file holds them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [_effect_value(line) for line in lines]


def _effect_text(effect: Any) -> str:
    if not isinstance(effect, Mapping):
        return str(effect)
    return ", ".join(f"{name}: {_plain(argument)}" for name, argument in effect.items())


def _effect_value(line: str) -> Any:
    name, colon, argument = (part.strip() for part in line.partition(":"))
    return {name: argument} if colon else name
