"""The firm as `firm.yaml` describes it: staff, goods, trade, habits; and the words it uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from custrata.service.company.dice import Points

Odds = Mapping[str, float]
Span = tuple[int, int]


@dataclass(frozen=True)
class Person:
    """A salesperson; `joined` and `left` are days before the last one, None for always."""

    login: str
    name: str
    team: str
    language: str = "vi"
    joined: int | None = None
    left: int | None = None


@dataclass(frozen=True)
class Place:
    """Where customers are."""

    province: str
    team: str
    region: str
    country: str
    weight: float
    languages: Odds


@dataclass(frozen=True)
class Product:
    """What is sold.

    Attributes:
        price: of the list at the beginning, in currency. margin: share of it.
        weights: how often it is asked for, by channel.
        launched: days before the last one; None where it was always there.
    """

    name: str
    price: int
    margin: float
    weights: Odds
    launched: int | None = None


@dataclass(frozen=True)
class Step:
    """A step towards the first sale: how many take it, and after how many days."""

    chance: float
    days: Span


@dataclass(frozen=True)
class Channel:
    """How a kind of trade behaves.

    Attributes:
        share: of all customers. at_once: who buy without being worked on.
        gap: usual days between orders. quits: chance to be gone after an order.
        lines: of an order. quantity: of a line. typical: an order's usual amount.
        discount: off the list. contact_every: days, once they bought.
    """

    name: str
    share: float
    kinds: Odds
    sizes: Odds
    sectors: Odds
    at_once: float
    funnel: Mapping[str, Step]
    gap: Span
    quits: float
    lines: Span
    quantity: float
    typical: int
    discount: tuple[float, float]
    contact_every: Span
    survey: float


@dataclass(frozen=True)
class Source:
    """Where customers come from: how many by channel, how good, what it costs a month."""

    code: str
    name: str
    weights: Odds
    pull: float
    cost: int
    marketed: bool = False


@dataclass(frozen=True)
class Season:
    """Days around a feast on which more or less is bought."""

    feast: str
    first: int
    last: int
    demand: float


@dataclass(frozen=True)
class Firm:
    """All of it: `marketers` are names by login; `words` holds names and texts by language."""

    staff: Sequence[Person]
    marketers: Mapping[str, str]
    places: Sequence[Place]
    products: Sequence[Product]
    channels: Mapping[str, Channel]
    sources: Sequence[Source]
    feasts: Mapping[str, Sequence[date]]
    seasons: Sequence[Season]
    arrivals: Points
    adoption: Points
    rhythm: Mapping[str, Span]
    competitors: Sequence[str]
    reasons: Odds
    questions: Mapping[str, Mapping[str, Sequence[str]]]
    groups: Sequence[Mapping[str, Any]]
    words: Mapping[str, Any]


@cache
def firm() -> Firm:
    """The firm that ships."""
    told = _read("firm.yaml")
    return Firm(
        staff=[Person(**one) for one in told["staff"]],
        marketers=told["marketers"],
        places=[
            Place(team=team, **one) for team, places in told["places"].items() for one in places
        ],
        products=[Product(**one) for one in told["products"]],
        channels={name: _channel(name, one) for name, one in told["channels"].items()},
        sources=[Source(code=code, **one) for code, one in told["sources"].items()],
        feasts=told["feasts"],
        seasons=[Season(**one) for one in told["seasons"]],
        arrivals=told["arrivals"],
        adoption=told["adoption"],
        rhythm=told["rhythm"],
        competitors=told["competitors"],
        reasons=told["reasons"],
        questions=told["questions"],
        groups=told["groups"],
        words=_read("words.yaml"),
    )


@cache
def notebook() -> Mapping[str, str]:
    """What the firm wrote of its market, by topic."""
    told: dict[str, str] = _read("notebook.yaml")
    return told


def _channel(name: str, told: dict[str, Any]) -> Channel:
    funnel = {
        stage: Step(chance, (first, last))
        for stage, (chance, first, last) in told["funnel"].items()
    }
    return Channel(**{**told, "name": name, "funnel": funnel})


def _read(name: str) -> Any:
    text = (files("custrata") / "service" / "company" / name).read_text(encoding="utf-8")
    return yaml.safe_load(text)
