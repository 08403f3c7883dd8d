"""What words in records mean: whether a contact reached someone, who changed a stage, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from custrata.engine.values import trimmed

Frame = nw.LazyFrame[Any]
Spellings = Mapping[str, tuple[str, ...]]

NOBODY_REACHED = frozenset(
    (
        *("missed", "missed_call", "no_answer", "not_answered", "unanswered", "busy"),
        *("voicemail", "not_reached", "unreachable", "bounced", "undelivered", "failed"),
        *("rejected", "cancelled", "canceled", "no_show", "planned", "scheduled"),
    )
)
"""Outcomes of a contact that reached nobody, or has not taken place."""

MASS_MAIL = frozenset(
    (
        *("mass", "mass_mail", "mass_email", "mass_mailing", "newsletter"),
        *("bulk", "bulk_mail", "campaign", "broadcast"),
    )
)
"""Channels and outcomes of a contact that was meant for nobody in particular."""

INCOMING = frozenset(["in", "inbound", "incoming"])
"""Directions of a contact in which the customer came by themselves."""

SYSTEM = frozenset(["rule", "system"])
"""Who changes stages without being a person; `rule:NAME` is one too."""

_NUMBER = r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$"
"""Text that spells a number which every engine reads alike."""
_FEW_NUMBERS = 30
"""So many texts are compared faster than a pattern is matched."""


def contact_counts(frame: Frame, spellings: Spellings) -> Frame:
    """`frame` with `counts`: someone was reached, or the customer came by themselves.

    No outcome counts. What reached nobody never counts, a mass mail only where the customer
    wrote.

    Args:
        frame: contacts with canonical text.
        spellings: all texts of a column, where they are few.
    """
    there = frame.collect_schema().names()

    def says(column: str, words: frozenset[str]) -> nw.Expr:
        return _says(column, words, spellings) if column in there else nw.lit(value=False)

    missed = says("outcome", NOBODY_REACHED)
    mass = says("outcome", MASS_MAIL) | says("channel", MASS_MAIL)
    incoming = says("direction", INCOMING)
    return frame.with_columns(counts=~missed & (incoming | ~mass))


def reached(channel: str | None, direction: str | None, outcome: str | None) -> bool:
    """Whether a contact counts, as `contact_counts` says of many."""
    by, way, came = map(folded, (channel, direction, outcome))
    return came not in NOBODY_REACHED and (
        way in INCOMING or not (came in MASS_MAIL or by in MASS_MAIL)
    )


def folded(text: str | None) -> str:
    """A word as the sets above have it; empty where there is none."""
    return _fold(trimmed(text or "") or "")


def changed_by_person(frame: Frame, spellings: Spellings) -> Frame:
    """`frame` with `by_person`: not by a rule or the system; unknown is a person."""
    if "by" not in frame.collect_schema():
        return frame.with_columns(by_person=nw.lit(value=True))
    by = nw.col("by")
    automatic = by.is_in(sorted(SYSTEM)) | by.str.starts_with("rule:")
    return frame.with_columns(by_person=~automatic.fill_null(value=False))


def answered_number(frame: Frame, spellings: Spellings) -> Frame:
    """`frame` with `answer_number` (Float64): the answer, where its text spells a number."""
    answer = nw.col("answer")
    known = spellings.get("answer")
    texts = {text for text in map(trimmed, known or ()) if text and re.search(_NUMBER, text)}
    if known is None or len(texts) > _FEW_NUMBERS:
        number = nw.when(answer.str.contains(_NUMBER)).then(answer).cast(nw.Float64)
        return frame.with_columns(answer_number=number)
    found: nw.Expr = nw.lit(None, nw.Float64)
    for text in sorted(texts):
        found = nw.when(answer == text).then(nw.lit(float(text))).otherwise(found)
    return frame.with_columns(answer_number=found)


def _says(column: str, words: frozenset[str], spellings: Spellings) -> nw.Expr:
    """Whether a column holds one of the words, however it is written."""
    text = nw.col(column)
    if column in spellings:
        meant = {
            spelt for spelt in map(trimmed, spellings[column]) if spelt and _fold(spelt) in words
        }
        return text.is_in(sorted(meant)).fill_null(value=False) if meant else nw.lit(value=False)
    word = text.str.to_lowercase().str.replace_all("[ -]+", "_")
    return word.is_in(sorted(words)).fill_null(value=False)


def _fold(text: str) -> str:
    return re.sub("[ -]+", "_", text.lower())


MEANINGS: Mapping[str, Callable[[Frame, Spellings], Frame]] = {
    "contacts": contact_counts,
    "stage_changes": changed_by_person,
    "surveys": answered_number,
}
"""What a record's frame is given besides its days, by record."""
