"""A customer's life: how she is won, when she orders, when she leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from custrata.service.company.calendar import end_of, later, office_time, shop_time
from custrata.service.company.dice import Dice
from custrata.service.company.persona import Persona
from custrata.service.company.rows import Moment
from custrata.service.company.world import World

_LEAVES = 0.6
"""Share of those who stopped buying of whom the salesperson hears so."""
_RETURNS = 0.13
_LONG_PAUSE = 0.035
_STEPS = ("approached", "potential", "hot", "closed")


@dataclass(frozen=True)
class Move:
    """A change of stage, at a moment; `why` names the reason of a loss."""

    moment: Moment
    before: str | None
    after: str
    why: str | None = None


@dataclass(frozen=True)
class Life:
    """What happened to a customer: changes of stage and moments of orders, in their order.

    Both are empty where nothing is known of her but her name.
    """

    persona: Persona
    moves: tuple[Move, ...]
    orders: tuple[Moment, ...]

    def spells(self) -> Iterator[tuple[Moment, Moment | None, str]]:
        """When each stage began and ended (None: not yet), and which it was."""
        for following, move in enumerate(self.moves, start=1):
            end = self.moves[following].moment if following < len(self.moves) else None
            yield move.moment, end, move.after


def life(world: World, persona: Persona) -> Life:
    """Lived through up to the horizon."""
    told = _Story(world, persona, world.dice("life", persona.number))
    if not persona.unlisted:
        told.tell()
    end = end_of(world.horizon)
    moves = tuple(move for move in told.moves if move.moment < end)
    return Life(persona, moves, tuple(moment for moment in told.orders if moment < end))


@dataclass
class _Story:
    """A life while it is told."""

    world: World
    persona: Persona
    dice: Dice
    moves: list[Move] = field(default_factory=list)
    orders: list[Moment] = field(default_factory=list)

    def tell(self) -> None:
        created = self.persona.created
        self._move(shop_time(created, self.dice), "new")
        day = self._won_on()
        while day is not None and day <= self.world.horizon:
            last = self._buy_from(day)
            day = self._after(last) if last <= self.world.horizon else None

    def _won_on(self) -> int | None:
        """The day of the first order, if it comes to one."""
        persona, dice = self.persona, self.dice
        day = persona.created
        if dice.chance(persona.channel.at_once):
            return day + dice.between(0, 3)
        for stage in _STEPS:
            step = persona.channel.funnel[stage]
            if not dice.chance(step.chance * persona.source.pull):
                self._cool(stage, day)
                return None
            day = self.world.calendar.office_day(day + dice.between(*step.days))
            if stage != "closed":
                self._move(office_time(day, dice), stage)
        return day

    def _cool(self, missed: str, day: int) -> None:
        """Who was hot and did not buy is put back, sooner or later."""
        if missed == "closed" and self.dice.chance(0.8):
            day = self.world.calendar.office_day(day + self.dice.between(25, 110))
            self._move(office_time(day, self.dice), "potential")

    def _buy_from(self, day: int) -> int:
        """Orders from a day on; the day of the last one before she stops, or beyond the end."""
        quits = self.persona.channel.quits * (1.75 - 1.5 * self.persona.content)
        while True:
            day = self._order(day)
            if day > self.world.horizon or self.dice.chance(quits):
                return day
            day += self._pause(day)

    def _order(self, day: int) -> int:
        consumer, dice = self.persona.consumer, self.dice
        day = self.world.calendar.trading_day(day, dice, consumer=consumer)
        moment = shop_time(day, dice) if consumer else office_time(day, dice)
        if self.moves[-1].after != "closed":
            moment = max(moment, later(self.moves[-1].moment, 5))
            self._move(later(moment, dice.between(2, 50)), "closed")
        self.orders.append(moment)
        return day

    def _pause(self, day: int) -> int:
        """Days to the next order: her own rhythm, shorter before feasts, a long pause at times."""
        dice = self.dice
        times = 0.35 + 0.65 * (dice.share() + dice.share())
        if dice.chance(_LONG_PAUSE):
            times *= 3
        return max(1, int(self.persona.gap * times / self.world.calendar.demand(day)))

    def _after(self, last: int) -> int | None:
        """After the last order: lost, or silent; the day on which she comes back, if ever."""
        dice = self.dice
        day = self.world.calendar.office_day(last + dice.between(50, 190))
        if dice.chance(_LEAVES):
            self._move(office_time(day, dice), "lost", dice.weighed(self.world.firm.reasons))
        return day + dice.between(40, 200) if dice.chance(_RETURNS) else None

    def _move(self, moment: Moment, stage: str, why: str | None = None) -> None:
        before = self.moves[-1] if self.moves else None
        if before is not None:
            moment = max(moment, later(before.moment, 1))
        self.moves.append(Move(moment, before.after if before else None, stage, why))
