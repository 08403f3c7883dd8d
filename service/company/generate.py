"""The whole company out of a seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from custrata.service.company.calendar import day_of
from custrata.service.company.contacts import contacts, visits
from custrata.service.company.deals import deals
from custrata.service.company.dice import Dice
from custrata.service.company.identity import Identity, identities
from custrata.service.company.life import Life, life
from custrata.service.company.persona import Persona, personas
from custrata.service.company.records import Company
from custrata.service.company.rows import Customer, Group, SourceCost, StageChange
from custrata.service.company.sales import sales
from custrata.service.company.staff import Care, care, targets
from custrata.service.company.voices import feedback, profile, surveys
from custrata.service.company.world import World

LAST_DAY = date(2026, 11, 21)
_NO_SOURCE = 0.03


def company(seed: int = 1, customers: int = 3000, last_day: date = LAST_DAY) -> Company:
    """A made-up trading firm and its customers, the same for a seed on every machine.

    Args:
        seed: another one makes other customers.
        customers: how many there are on the last day; all else grows with them.
        last_day: the three years up to it are told.
    """
    world = World.of(seed, last_day)
    lives = [life(world, persona) for persona in personas(world, customers)]
    cares = {one.persona.customer_id: care(world, one) for one in lives}
    rows = _of_customers(world, lives, cares)
    rows["customers"] = list(_customers(world, lives))
    rows["source_costs"] = list(_source_costs(world))
    rows["targets"] = list(targets(world, rows["transactions"], cares))
    rows["groups"] = [Group(**one) for one in world.firm.groups]
    return Company.of(rows).until(last_day)


def _of_customers(
    world: World, lives: Sequence[Life], cares: Mapping[str, Care]
) -> dict[str, list[Any]]:
    """What happened to all customers, by record."""
    rows: dict[str, list[Any]] = defaultdict(list)
    for one in lives:
        cared = cares[one.persona.customer_id]
        talks = contacts(world, one, cared)
        rows["transactions"] += sales(world, one)
        rows["contacts"] += talks
        rows["visits"] += visits(world, one, talks)
        rows["surveys"] += (*surveys(world, one), *profile(world, one))
        rows["stage_changes"] += _stage_changes(one, cared)
        rows["owner_changes"] += cared.changes
        rows["opportunities"] += deals(world, one, cared)
        rows["feedback"] += feedback(world, one, cared)
    return rows


def _stage_changes(one: Life, cared: Care) -> Iterator[StageChange]:
    """Changes by whoever looks after the customer; the book itself enters her as new."""
    for move in one.moves:
        by = (cared.at(move.moment) or "office") if move.before else "system"
        who = one.persona.customer_id
        yield StageChange(who, move.moment, move.before, move.after, by, move.why)


def _customers(world: World, lives: Sequence[Life]) -> Iterator[Customer]:
    called = identities(world, [one.persona for one in lives])
    buyers: list[Life] = []
    for one, identity in zip(lives, called, strict=True):
        yield _customer(world, one, identity, buyers)
        if one.orders:
            buyers.append(one)


def _customer(world: World, one: Life, told: Identity, buyers: Sequence[Life]) -> Customer:
    persona = one.persona
    dice = world.dice("customer", persona.number)
    known = bool(one.moves) and not dice.chance(_NO_SOURCE)
    return Customer(
        customer_id=persona.customer_id,
        name=told.name,
        phone=told.phone,
        email=told.email,
        kind=persona.kind,
        channel=persona.channel.name,
        size=persona.size,
        sector=persona.sector,
        region=persona.place.region,
        area=persona.area,
        province=persona.place.province,
        country=persona.place.country,
        address=told.address,
        language=persona.language,
        source=persona.source.code if known else None,
        stage=None,
        groups=_groups(persona, dice),
        owner=None,
        team=persona.place.team,
        marketer=dice.pick(tuple(world.firm.marketers)) if persona.source.marketed else None,
        referred_by=_referred_by(persona, buyers, dice),
        created_at=one.moves[0].moment if one.moves else None,
        birth_date=told.birth_date,
        consent=told.consent,
        lost_reason=None,
        lost_to=dice.pick(world.firm.competitors),
    )


def _groups(persona: Persona, dice: Dice) -> str | None:
    """The groups that people put her into, by their codes."""
    if persona.channel.name == "wholesaler" and dice.chance(0.8):
        return "dai-ly-cap-1" if persona.weight > 1.5 else "dai-ly-cap-2"
    if persona.sector == "service" and dice.chance(0.3):
        return "nha-hang-khach-san"
    return "hoi-cho-tra-da-lat" if persona.source.code == "trade_fair" else None


def _referred_by(persona: Persona, buyers: Sequence[Life], dice: Dice) -> str | None:
    """An earlier buyer who sent her; not everybody says who it was."""
    if persona.source.code != "referral" or not buyers or dice.chance(0.2):
        return None
    other = dice.pick(buyers)
    known = day_of(other.orders[0]) < persona.created
    return other.persona.customer_id if known else None


def _source_costs(world: World) -> Iterator[SourceCost]:
    """What each source costs a month: a little more every year, more before feasts."""
    day = date.fromordinal(world.first).replace(day=1)
    while day.toordinal() <= world.horizon:
        for source in world.firm.sources:
            dice = world.dice("cost", source.code, day)
            grown = 1 + 0.12 * max(0.0, world.years_at(day.toordinal()))
            pushed = world.calendar.demand(day.toordinal() + 14)
            amount = int(source.cost * grown * pushed * dice.spread(0.8, 1.2) / 100_000) * 100_000
            yield SourceCost(source.code, day, amount)
        day = (day + timedelta(days=31)).replace(day=1)
