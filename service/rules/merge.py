"""Two changes of one text brought together, where they lie apart."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple

from custrata.engine.diagnostics import RulesError
from custrata.service.rules.difference import difference


class _Hunk(NamedTuple):
    """Lines `first` to `last` (left out) of the base, and what stands there instead."""

    first: int
    last: int
    lines: tuple[str, ...]


def merged(base: str, ours: str, theirs: str) -> str | None:
    """Both changes of `base`; None where that takes a person.

    They are put together line by line. What comes of it is taken only if it changes in their rules
    just what ours changed in the base's, but for what both changed alike.

    Raises:
        RulesError: one of the three is wrong.
    """
    known = difference(base, theirs)
    wanted = [one for one in difference(base, ours) if one not in known]
    hunks = {*_hunks(base, ours), *_hunks(base, theirs)}
    ordered = sorted(hunks)
    if any(map(_meet, ordered, ordered[1:])):
        return None
    text = _applied(base, ordered)
    try:
        found = difference(theirs, text)
    except RulesError:
        return None
    same = len(found) == len(wanted) and all(one in wanted for one in found)
    return text if same else None


def _hunks(base: str, text: str) -> list[_Hunk]:
    old, new = base.splitlines(keepends=True), text.splitlines(keepends=True)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [_Hunk(i, j, tuple(new[k:m])) for tag, i, j, k, m in codes if tag != "equal"]


def _meet(one: _Hunk, following: _Hunk) -> bool:
    return one.last > following.first or one.first == following.first


def _applied(base: str, hunks: list[_Hunk]) -> str:
    lines = base.splitlines(keepends=True)
    for hunk in reversed(hunks):
        lines[hunk.first : hunk.last] = hunk.lines
    return "".join(lines)
