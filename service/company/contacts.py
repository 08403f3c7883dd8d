"""Calls, visits and messages; the visits that were planned; mass mails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from custrata.service.company.calendar import day_of, end_of, later, office_time, shop_time
from custrata.service.company.dice import Dice
from custrata.service.company.life import Life
from custrata.service.company.rows import Contact, Moment, Visit
from custrata.service.company.staff import Care
from custrata.service.company.world import World

_MISSED = {"missed": 4, "no_answer": 8, "busy": 3}
_CHANNELS = {
    "vi": {"phone": 50, "zalo": 30, "visit": 12, "mail": 4, "chat": 4},
    "zh_Hant": {"phone": 30, "wechat": 25, "mail": 35, "visit": 10},
    "zh_Hans": {"wechat": 60, "phone": 18, "mail": 12, "visit": 10},
    "en": {"mail": 60, "phone": 30, "visit": 10},
}
_MAILED, _MAIL_SHARE = 75, 0.11
"""Days from one mass mail to the next, and how many customers each goes to."""
_TRIES = 4
"""Calls to somebody new that nobody takes, before the salesperson gives up."""
_TALKED_INTO = ("approached", "potential", "hot")


def contacts(world: World, life: Life, care: Care) -> list[Contact]:
    """All contacts of a customer, in the order of time."""
    told = _Talk(world, life, care, world.dice("contacts", life.persona.number))
    held = [*told.held(), *told.mailed()]
    held.sort(key=lambda one: one.occurred_at)
    name = f"LH{life.persona.number:05d}"
    return [one._replace(contact_id=f"{name}-{at:03d}") for at, one in enumerate(held, start=1)]


def visits(world: World, life: Life, held: Sequence[Contact]) -> Iterator[Visit]:
    """The plans that visits came of; some visits had none."""
    persona, words = life.persona, world.firm.words
    dice = world.dice("visits", persona.number)
    for one in held:
        if one.channel == "visit" and one.owner and dice.chance(0.7):
            day = day_of(one.occurred_at)
            planned = office_time(day - dice.between(2, 12), dice)
            matter = dice.pick(words["matters"][persona.language])
            who, where, when = one.customer_id, persona.place.province, date.fromordinal(day)
            if planned > life.moves[0].moment:
                purpose = dice.pick(words["purposes"][persona.language])
                yield Visit(who, planned, when, where, one.owner, matter, purpose)


@dataclass(frozen=True)
class _Talk:
    """What salespeople and a customer say to each other."""

    world: World
    life: Life
    care: Care
    dice: Dice

    def held(self) -> Iterator[Contact]:
        """Contacts through all stages, by the rhythm of each."""
        beyond = end_of(self.world.horizon)
        for start, end, stage in self.life.spells():
            every = self.world.firm.rhythm.get(stage, self.life.persona.channel.contact_every)
            times = self._times(start, end or beyond, every)
            if stage in _TALKED_INTO:
                before = later(start, -self.dice.between(2, 20))
                yield from self._reach(max(before, self.life.moves[0].moment))
            for moment in islice(times, _TRIES if stage == "new" else None):
                yield from self._miss(moment) if stage == "new" else self._talk(moment)

    def _times(self, start: Moment, end: Moment, every: tuple[int, int]) -> Iterator[Moment]:
        """Moments between two, so many days from one to the next; some are forgotten."""
        forgets = 0.34 if self.life.persona.neglected else 0.05
        day = day_of(start)
        while True:
            day += self.dice.between(*every) * (3 if self.dice.chance(forgets) else 1)
            day = self.world.calendar.office_day(day)
            moment = office_time(day, self.dice)
            if moment >= end:
                return
            yield moment

    def mailed(self) -> Iterator[Contact]:
        """Mass mails, to some of those who are known by then."""
        for day in range(self.world.first, self.world.horizon, _MAILED):
            moment = shop_time(self.world.calendar.office_day(day), self.dice)
            known = self.life.moves and moment > self.life.moves[0].moment
            if known and self.dice.chance(_MAIL_SHARE):
                outcome = "bounced" if self.dice.chance(0.04) else "sent"
                mail = self._contact(moment, "mass_mail", "out", outcome)
                yield mail._replace(owner=None)

    def _talk(self, moment: Moment) -> Iterator[Contact]:
        """A contact; where nobody picks up, mostly a second try."""
        if self.dice.chance(0.14):
            yield from self._miss(moment)
            if self.dice.chance(0.4):
                return
            moment = later(moment, self.dice.between(20, 200))
        yield from self._reach(moment)

    def _miss(self, moment: Moment) -> Iterator[Contact]:
        """A call that the customer does not take, where there is somebody to call her."""
        if self.care.at(moment) is not None:
            yield self._contact(moment, "phone", "out", self.dice.weighed(_MISSED))

    def _reach(self, moment: Moment) -> Iterator[Contact]:
        """A talk; without a salesperson only those in which the customer came by herself."""
        incoming = self.dice.chance(0.16)
        channel = self.dice.weighed(_CHANNELS[self.life.persona.language])
        if incoming or self.care.at(moment) is not None:
            outcome = "no_show" if channel == "visit" and self.dice.chance(0.06) else "reached"
            yield self._contact(moment, channel, "in" if incoming else "out", outcome)

    def _contact(self, moment: Moment, channel: str, direction: str, outcome: str) -> Contact:
        persona, notes = self.life.persona, self.world.firm.words["notes"]
        owner = self.care.at(moment)
        noted = outcome == "reached" and self.dice.chance(0.25)
        note = self.dice.pick(notes[persona.language]) if noted else None
        return Contact("", persona.customer_id, moment, channel, direction, outcome, owner, note)
