"""What can be asked about customers, as pages, addresses and saved filters say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from custrata.service.values import prose, wrong

NONE = "-"
"""Stands for having none: `owner=-` asks for customers without an owner, `rfm:-` for no label."""
ORDERS = ("name", "id")
_FIELDS = {
    "label": "labels",
    "stage": "stages",
    "group": "groups",
    "source": "sources",
    "owner": "owners",
    "team": "teams",
}
"""What a field is called in an address."""
_MOST = 50
_LONGEST = 255


@dataclass(frozen=True)
class Question:
    """Which customers, in which order.

    Of several values of a field one has to hold, of several labels one of each classifier; of
    several fields all.

    Attributes:
        text: beginnings of words of the name, of the id, of the telephone number.
        labels: as `classifier:label`. stages: that customers show.
        groups: by code. sources, owners, teams: as customers have them.
        order: one of `ORDERS`; who has no name comes last.
    """

    text: str = ""
    labels: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    order: str = "name"

    @property
    def asks(self) -> bool:
        """Whether it leaves anybody out."""
        return self != Question(order=self.order)

    def without(self, field: str, value: str) -> Question:
        """The same, not asking for one value of a field; the field as addresses name it."""
        if field == "q":
            return replace(self, text="")
        name = _FIELDS[field]
        kept = tuple(one for one in getattr(self, name) if one != value)
        changed: dict[str, Any] = {name: kept}
        return replace(self, **changed)


def asked(query: Mapping[str, Sequence[str]]) -> Question:
    """A question as an address has it: lists of values by field; what is unknown is left out.

    Raises:
        DataError: more than anybody asks.
    """
    lists: dict[str, Any] = {
        name: _values(name, query.get(field, ())) for field, name in _FIELDS.items()
    }
    text, order = _last(query, "q"), _last(query, "order")
    if len(text) > _LONGEST:
        raise wrong("text-too-long", f"the search has {len(text):,} signs", f"up to {_LONGEST}")
    chosen = order if order in ORDERS else ORDERS[0]
    return Question(text=prose("search", text) or "", order=chosen, **lists)


def query_of(question: Question) -> dict[str, list[str]]:
    """The question as an address has it; what asks for nothing is left out."""
    lists = {field: list(getattr(question, name)) for field, name in _FIELDS.items()}
    order = [question.order] if question.order != ORDERS[0] else []
    found = {"q": [question.text] if question.text else [], **lists, "order": order}
    return {name: values for name, values in found.items() if values}


def asks_for(question: Question) -> tuple[tuple[str, str], ...]:
    """Every single value that is asked for, with its field as addresses name it."""
    text = (("q", question.text),) if question.text else ()
    pairs = [(field, one) for field, name in _FIELDS.items() for one in getattr(question, name)]
    return (*text, *pairs)


def _values(name: str, given: Sequence[str]) -> tuple[str, ...]:
    whole = (one + NONE if name == "labels" and one.endswith(":") else one for one in given)
    found = tuple(dict.fromkeys(one for one in whole if one and len(one) <= 2 * _LONGEST))
    if len(found) > _MOST:
        raise wrong(
            "filter-too-long", f"the filter asks for {len(found):,} {name}", f"up to {_MOST}"
        )
    return found


def _last(query: Mapping[str, Sequence[str]], field: str) -> str:
    values = query.get(field) or ("",)
    return values[-1]


assert {one.name for one in fields(Question)} == {"text", "order", *_FIELDS.values()}
