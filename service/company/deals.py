"""Opportunities of business customers, step by step, up to an outcome or to where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from custrata.service.company.calendar import day_of, office_time
from custrata.service.company.dice import Dice
from custrata.service.company.life import Life
from custrata.service.company.rows import Moment, Opportunity
from custrata.service.company.staff import Care
from custrata.service.company.world import World

_BEFORE = {"lead": (1, 12), "opportunity": (5, 25), "quotation": (4, 30), "negotiation": (4, 30)}
"""Steps before a sale, and days that each takes."""
_AFTER = {"contract": (5, 40), "payment": (1, 10), "invoice": (0, 0)}
"""Steps from the sale on."""
_UNIT = 500_000
"""Amounts are whole half millions."""
_BREAKS, _STALLS = 0.13, 0.04
"""Chance at each step that it comes to nothing, and that nobody goes on with it."""
_GRADES = ((60_000_000, "A"), (10_000_000, "B"), (0, "C"))

Day = int


def deals(world: World, life: Life, care: Care) -> Iterator[Opportunity]:
    """All opportunities of a customer; those who buy for themselves have none."""
    persona, dice = life.persona, world.dice("deals", life.persona.number)
    if persona.consumer:
        return
    for number, (start, won) in enumerate(_starts(life, dice), start=1):
        path = _won(start, won, dice) if won is not None else _open(start, dice)
        like = _like(f"CH{persona.number:05d}-{number}", life, start, dice)
        for step, day, outcome in path:
            moment = office_time(world.calendar.office_day(day), dice)
            owner = care.at(moment)
            yield like._replace(step=step, changed_at=moment, owner=owner, outcome=outcome)


def _starts(life: Life, dice: Dice) -> Iterator[tuple[Day, Day | None]]:
    """When opportunities came up, and when the sale was made where that is known already.

    The first one comes with the need and is won with the first order, others come later.
    """
    need = next((move.moment for move in life.moves if move.after == "potential"), None)
    if need is not None:
        yield day_of(need), day_of(life.orders[0]) if life.orders else None
    large = life.persona.channel.name == "wholesaler" or life.persona.weight > 2.5
    for order in life.orders[1:]:
        if dice.chance(0.07 if large else 0.012):
            yield day_of(order), None


def _like(name: str, life: Life, start: Day, dice: Dice) -> Opportunity:
    """What all rows of an opportunity have in common."""
    amount = max(1, int(life.persona.typical * dice.spread(1, 5) / _UNIT)) * _UNIT
    return Opportunity(
        opportunity_id=name,
        customer_id=life.persona.customer_id,
        step="lead",
        changed_at=Moment(0),
        amount=amount,
        expected_close=date.fromordinal(start + dice.between(20, 95)),
        intent=dice.pick(("high", "medium", "low")),
        value_grade=next(grade for least, grade in _GRADES if amount >= least),
        owner=None,
        outcome=None,
    )


Path = Iterator[tuple[str, Day, str | None]]
"""Steps, their days, and an outcome."""


def _won(day: Day, won: Day, dice: Dice) -> Path:
    for step, days in _BEFORE.items():
        if day < won:
            yield step, day, None
        day += dice.between(*days)
    yield from _sold(won, dice)


def _open(day: Day, dice: Dice) -> Path:
    for step, days in _BEFORE.items():
        yield step, day, None
        day += dice.between(*days)
        if dice.chance(_STALLS):
            return
        if dice.chance(_BREAKS):
            yield step, day + dice.between(0, 40), "lost"
            return
    yield from _sold(day, dice)


def _sold(day: Day, dice: Dice) -> Path:
    for step, days in _AFTER.items():
        yield step, day, "won" if step == "invoice" else None
        day += dice.between(*days)
