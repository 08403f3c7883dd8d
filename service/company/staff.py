"""Who looks after whom, from when on; what each is to sell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from custrata.service.company.calendar import day_of, later, office_time
from custrata.service.company.dice import Dice
from custrata.service.company.firm import Person
from custrata.service.company.life import Life
from custrata.service.company.rows import Moment, OwnerChange, Target, Transaction
from custrata.service.company.world import World

MANAGER = "manager"
_UNASSIGNED, _FORGOTTEN, _SWAPPED = 0.025, 0.02, 0.03
_ROUND = 10_000_000
"""Targets are whole tens of millions."""


@dataclass(frozen=True)
class Care:
    """Who looked after a customer, in the order of time."""

    changes: tuple[OwnerChange, ...]

    def at(self, moment: Moment) -> str | None:
        """Her salesperson then."""
        held = [one.after for one in self.changes if one.changed_at <= moment]
        return held[-1] if held else None


def care(world: World, life: Life) -> Care:
    """Who looks after a customer: of her team, as long as they stay with the firm."""
    persona = life.persona
    dice = world.dice("care", persona.number)
    if not life.moves or dice.chance(_UNASSIGNED):
        return Care(())
    team = [one for one in world.firm.staff if one.team == persona.place.team]
    changes: list[OwnerChange] = []
    for moment, owner, why in _owners(world, team, life.moves[0].moment, dice):
        before = changes[-1].after if changes else None
        changes.append(OwnerChange(persona.customer_id, moment, before, owner.login, MANAGER, why))
    return Care(tuple(changes))


def _owners(
    world: World, team: Sequence[Person], moment: Moment, dice: Dice
) -> Iterator[tuple[Moment, Person, str]]:
    """From when on, who, why; who leaves the firm hands over to the team, and forgets some."""
    day = day_of(moment)
    owner = dice.pick(_there(world, team, day))
    moment, why = later(moment, dice.between(1, 9)), "assigned"
    while day <= world.horizon:
        yield moment, owner, why
        if owner.left is not None and not dice.chance(_FORGOTTEN):
            day, why = world.last - owner.left, "left the firm"
        elif owner.left is None and dice.chance(_SWAPPED):
            day, why = day + dice.between(60, 700), "asked for"
        else:
            return
        owner = dice.pick([one for one in _there(world, team, day) if one is not owner])
        moment = max(office_time(world.calendar.office_day(day), dice), later(moment, 1))


def _there(world: World, team: Sequence[Person], day: int) -> list[Person]:
    """Who of a team works on a day; shortly before they leave people get no new customers."""
    ago = world.last - day
    return [
        one
        for one in team
        if (one.joined is None or ago <= one.joined) and (one.left is None or ago > one.left + 30)
    ]


def targets(
    world: World, lines: Iterable[Transaction], cares: Mapping[str, Care]
) -> Iterator[Target]:
    """What each was to sell in a month, after what the three months before it brought."""
    sold: dict[tuple[str | None, int], int] = {}
    for line in lines:
        key = cares[line.customer_id].at(line.occurred_at), _month(day_of(line.occurred_at))
        sold[key] = sold.get(key, 0) + line.amount
    for person in world.firm.staff:
        last = _month(world.horizon if person.left is None else world.last - person.left)
        for month in range(_month(world.first), last + 1):
            before = [sold.get((person.login, month - by), 0) for by in (1, 2, 3)]
            if all(one > 0 for one in before):
                dice = world.dice("target", person.login, month)
                goal = sum(before) / 3 * dice.spread(0.98, 1.16)
                amount = (int(goal / _ROUND) + 1) * _ROUND
                yield Target(person.login, date(month // 12, month % 12 + 1, 1), amount)


def _month(day: int) -> int:
    """Months since the year 0."""
    found = date.fromordinal(day)
    return found.year * 12 + found.month - 1
