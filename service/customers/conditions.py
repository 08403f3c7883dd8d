"""A question as conditions that a database answers by an index, or customer by customer."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from custrata.engine.values import trimmed
from custrata.service.customers.question import NONE, Question
from custrata.service.runs.basis import last_full
from custrata.store.distinct import LAST, each
from custrata.store.folding import asked_words, digits, ending
from custrata.store.models import Customer, CustomerWord, Group, LabelNow, Membership

_PHONE = re.compile(r"\+?[\d\s().-]{3,}")
_MANY = 50_000
"""Words that are counted to find the rarest."""
_WORDS = 8
"""So many words of a search are heeded."""


@dataclass(frozen=True)
class Condition:
    """One of the things that have to hold.

    Attributes:
        ids: of the customers for whom it holds, found by an index; the same one may come twice.
        holds: whether it holds for a row of `customers`, asked in a way that leads no server to
            look for all of them.
    """

    ids: Select[Any]
    holds: ColumnElement[bool]


def conditions(session: Session, question: Question) -> tuple[Condition, ...]:
    """All that have to hold."""
    return (
        *_texts(session, question.text),
        *_labels(session, question.labels),
        *_stages(question.stages),
        *_groups(session, question.groups),
        *_column(Customer.source, question.sources),
        *_column(Customer.owner, question.owners),
        *_column(Customer.team, question.teams),
    )


# --- columns ------------------------------------------------------------------------------


def _column(
    column: InstrumentedAttribute[str | None], values: Sequence[str]
) -> Iterator[Condition]:
    if values:
        ids = select(Customer.customer_id).where(_one_of(column, values))
        yield Condition(ids, func.coalesce(column, NONE).in_(values))


def _one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    named = [one for one in values if one != NONE]
    parts: list[ColumnElement[bool]] = [column.in_(named)] if named else []
    return or_(*parts, *([column.is_(None)] if NONE in values else []))


def _stages(values: Sequence[str]) -> Iterator[Condition]:
    """The stage that shows: an automatic one over that which a person set."""
    if values:
        own = select(Customer.customer_id).where(
            _one_of(Customer.stage, values), Customer.overlay.is_(None)
        )
        over = select(Customer.customer_id).where(Customer.overlay.in_(values))
        shown = func.coalesce(Customer.overlay, Customer.stage, NONE)
        yield Condition(_any(own, over), shown.in_(values))


def _any(*queries: Select[Any]) -> Select[Any]:
    return select(union_all(*queries).subquery().c[0])


# --- labels and groups --------------------------------------------------------------------


def _labels(session: Session, asked: Sequence[str]) -> Iterator[Condition]:
    by_classifier = defaultdict(list)
    for one in asked:
        classifier, _, label = one.partition(":")
        by_classifier[classifier].append(label)
    for classifier, labels in by_classifier.items():
        values = [*labels, *_lists_with(session, classifier, labels)]
        own = LabelNow.classifier == classifier
        hers = select(LabelNow.label).where(own, LabelNow.customer_id == Customer.customer_id)
        ids = select(LabelNow.customer_id).where(own, _one_of(LabelNow.label, values))
        if NONE in values:
            ids = _any(ids, _unclassified(session, classifier))
        yield Condition(ids, func.coalesce(hers.scalar_subquery(), NONE).in_(values))


def _unclassified(session: Session, classifier: str) -> Select[Any]:
    """Who was not there at the last run; everybody, where it gave nobody such a label."""
    own = LabelNow.classifier == classifier
    last = last_full(session)
    known = session.scalars(select(LabelNow.customer_id).where(own).limit(1)).first()
    since = last.watermark if last is not None and known is not None else -1
    hers = select(LabelNow.customer_id).where(own, LabelNow.customer_id == Customer.customer_id)
    return select(Customer.customer_id).where(Customer.fact_seq > since, ~hers.exists())


def _lists_with(session: Session, classifier: str, labels: Sequence[str]) -> list[str]:
    """The lists of labels that hold one of these, where a classifier gives lists."""
    of_one = select(func.min(LabelNow.label)).where(LabelNow.classifier == classifier)
    lists = each(session, of_one, LabelNow.label, start="[", end="[" + LAST)
    return [one for one in lists if set(labels) & set(map(str, _read(one)))]


def _read(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _groups(session: Session, codes: Sequence[str]) -> Iterator[Condition]:
    if not codes:
        return
    groups = session.scalars(select(Group.id).where(Group.code.in_(codes))).all()
    own = Membership.group_id.in_(groups)
    first = select(func.min(Membership.group_id)).where(
        own, Membership.customer_id == Customer.customer_id
    )
    yield Condition(select(Membership.customer_id).where(own), first.scalar_subquery().is_not(None))


# --- text ---------------------------------------------------------------------------------


def _texts(session: Session, text: str) -> Iterator[Condition]:
    """Every word has to begin one of hers; a text without spaces may begin her id instead."""
    whole = trimmed(text)
    if whole is None:
        return
    ids = [] if any(sign.isspace() for sign in whole) else [whole, whole.upper()]
    by_id = or_(false(), *(_begins(Customer.customer_id, one) for one in dict.fromkeys(ids)))
    words = sorted(_words(whole), key=lambda one: _frequent(session, one))
    by_words = and_(
        true() if words else false(), *(_word_of(Customer.customer_id, one) for one in words)
    )
    yield Condition(
        _any(_with_words(words), select(Customer.customer_id).where(by_id)), or_(by_words, by_id)
    )


def _words(text: str) -> list[list[str]]:
    """For each word the beginnings of which one has to be found.

    The last word comes first: given names, which stand there, are rarer than family names.
    """
    if _PHONE.fullmatch(text):
        number = digits(text)
        return [list(dict.fromkeys([number, ending(number)]))] if number else []
    return [[word] for word in asked_words(text)][:_WORDS][::-1]


def _frequent(session: Session, beginnings: Sequence[str]) -> int:
    """How many words begin so, up to a number from which on all are frequent."""
    words = select(CustomerWord.word).where(_begin(CustomerWord.word, beginnings))
    return session.scalar(select(func.count()).select_from(words.limit(_MANY).subquery())) or 0


def _with_words(words: Sequence[Sequence[str]]) -> Select[Any]:
    """Who has all of the words, found by the first one: the rarest."""
    if not words:
        return select(CustomerWord.customer_id).where(false())
    first, *others = words
    found = aliased(CustomerWord)
    rest = (_word_of(found.customer_id, one) for one in others)
    return select(found.customer_id).where(_begin(found.word, first), *rest)


def _word_of(customer: Any, beginnings: Sequence[str]) -> ColumnElement[bool]:
    """Whether a customer has such a word."""
    hers = aliased(CustomerWord)
    own = hers.customer_id == customer
    first = select(func.min(hers.word)).where(own, _begin(hers.word, beginnings))
    return first.scalar_subquery().is_not(None)


def _begin(column: Any, beginnings: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(_begins(column, one) for one in beginnings))


def _begins(column: Any, start: str) -> ColumnElement[bool]:
    """Whether a value begins so; as a range, which an index answers."""
    found: ColumnElement[bool] = column.between(start, start + LAST)
    return found
