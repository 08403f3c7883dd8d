"""Who customers are and how they are inclined; what comes of it is another's matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custrata.service.company.dice import Dice, along
from custrata.service.company.firm import Channel, Place, Source
from custrata.service.company.world import World

_RARELY_MUCH = 0.09
_UNLISTED = 0.006


@dataclass(frozen=True)
class Persona:
    """A customer as nobody sees her.

    Attributes:
        number: in order of arrival, from 1. created: her day.
        language: `vi`, `zh_Hant`, `zh_Hans` or `en`.
        weight: how much she buys at a time, 1 is usual. gap: her days between orders.
        trend: by how much that grows in a year.
        content: 0 to 1. eager: share of buyers who take to something new before her.
        neglected: whether her salesperson forgets her now and then.
        unlisted: she stands in an old list, and that is all that is known.
    """

    number: int
    created: int
    channel: Channel
    kind: str
    size: str | None
    sector: str | None
    place: Place
    area: str
    language: str
    source: Source
    weight: float
    gap: float
    trend: float
    content: float
    eager: float
    neglected: bool
    unlisted: bool

    @property
    def customer_id(self) -> str:
        """As the firm numbers its customers."""
        return f"KH{self.number:05d}"

    @property
    def consumer(self) -> bool:
        """Whether she buys for herself."""
        return self.channel.name == "consumer"

    @property
    def typical(self) -> float:
        """What she usually spends on an order."""
        return self.channel.typical * self.weight


def personas(world: World, customers: int) -> list[Persona]:
    """So many, in order of arrival."""
    dice = world.dice("arrivals")
    span = world.last - world.first
    times = sorted(dice.share() for _ in range(customers))
    days = (world.first + int(along(world.firm.arrivals, share) * span) for share in times)
    return [_persona(world, number, day) for number, day in enumerate(days, start=1)]


def _persona(world: World, number: int, day: int) -> Persona:
    dice, firm = world.dice("persona", number), world.firm
    channel = firm.channels[dice.weighed({one.name: one.share for one in firm.channels.values()})]
    place = firm.places[dice.weighed({at: one.weight for at, one in enumerate(firm.places)})]
    weights = {at: one.weights[channel.name] for at, one in enumerate(firm.sources)}
    kind = dice.weighed(channel.kinds)
    rarely = channel.name == "retailer" and dice.chance(_RARELY_MUCH)
    gap = dice.near(sum(channel.gap) / 2, (channel.gap[1] - channel.gap[0]) / 2)
    weight = 0.7 + 0.2 * dice.heavy() if channel.name == "consumer" else dice.heavy()
    unlisted = dice.chance(_UNLISTED)
    opened = day if channel.name == "consumer" else world.calendar.office_day(day)
    return Persona(
        number=number,
        created=min(opened, world.last),
        channel=channel,
        kind=kind,
        size=dice.weighed(channel.sizes) if kind in ("enterprise", "household_business") else None,
        sector=_sector(channel, kind, dice),
        place=place,
        area=dice.weighed(firm.words["areas"][place.region]),
        language=dice.weighed(place.languages),
        source=firm.sources[dice.weighed(weights)],
        weight=weight * (9 if rarely else 1),
        gap=gap * (5 if rarely else 1),
        trend=dice.near(0.06, 0.55),
        content=max(0.0, min(1.0, dice.near(0.66, 0.5))),
        eager=dice.share(),
        neglected=dice.chance(0.24),
        unlisted=unlisted,
    )


def _sector(channel: Channel, kind: str, dice: Dice) -> str | None:
    public = ("central_government", "local_government")
    weights: Mapping[str, float] = {
        sector: weight
        for sector, weight in channel.sectors.items()
        if (sector in public) == (kind == "organisation")
    }
    if kind == "organisation" and not weights:
        return "service"
    return dice.weighed(weights) if weights else None
