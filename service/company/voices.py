"""What customers say: answers to surveys, what is known of them by phase, feedback."""

from __future__ import annotations

from collections.abc import Iterator

from custrata.service.company.calendar import DAY, day_of, office_time, shop_time
from custrata.service.company.dice import Dice
from custrata.service.company.life import Life
from custrata.service.company.rows import Answer, Feedback, Moment
from custrata.service.company.staff import Care
from custrata.service.company.world import World

_COMPLAINS, _SPEAKS = 0.009, 0.006
"""Chance of a complaint after an order, for those who are halfway content; of other feedback."""
_OTHER = {"suggestion": 3, "praise": 4, "return": 3, "ticket": 5}
_NEVER, _NOBODYS = 0.05, 0.3
"""Share of cases that nobody ever settles; of those, the ones that nobody took."""
_FRIENDLY = 3
"""Orders after which a customer is known well."""


def surveys(world: World, life: Life) -> Iterator[Answer]:
    """Satisfaction and recommendation, asked after the first order and later again."""
    dice, who = world.dice("surveys", life.persona.number), life.persona.customer_id
    due = Moment(0)
    for order in life.orders:
        if order < due:
            continue
        due = Moment(order + dice.between(150, 330) * DAY)
        moment = shop_time(day_of(order) + dice.between(6, 25), dice)
        mood = max(0.0, min(1.0, dice.near(life.persona.content, 0.3)))
        if not dice.chance(life.persona.channel.survey):
            continue
        if dice.chance(0.92):
            yield Answer(who, moment, "satisfaction", str(int(1.4 + 4.2 * mood)))
        if dice.chance(0.85):
            yield Answer(who, moment, "recommend", str(int(4.1 + 6.8 * mood)))


def profile(world: World, life: Life) -> Iterator[Answer]:
    """What the salesperson found out, phase by phase."""
    dice, who = world.dice("profile", life.persona.number), life.persona.customer_id
    for phase, start in _phases(life):
        if not dice.chance(0.6):
            continue
        moment = office_time(world.calendar.office_day(day_of(start) + dice.between(1, 20)), dice)
        for question, known in world.firm.questions[phase].items():
            if dice.chance(0.6):
                yield Answer(who, moment, question, dice.pick(known))


def _phases(life: Life) -> Iterator[tuple[str, Moment]]:
    if life.moves:
        yield "approach", life.moves[0].moment
    if life.orders:
        yield "first_deal", life.orders[0]
    if len(life.orders) > _FRIENDLY:
        yield "established", life.orders[_FRIENDLY]


def feedback(world: World, life: Life, care: Care) -> Iterator[Feedback]:
    """What a customer brought forward after her orders."""
    dice, number = world.dice("feedback", life.persona.number), 0
    complains = _COMPLAINS * (2.2 - 2.4 * life.persona.content)
    for order in life.orders:
        unhappy, speaks = dice.chance(complains), dice.chance(_SPEAKS)
        if unhappy or speaks:
            number += 1
            kind = "complaint" if unhappy else dice.weighed(_OTHER)
            name = f"PH{life.persona.number:05d}-{number}"
            case = _case(world, life, care, order, dice)
            left = case.settled_at is None and world.dice("nobodys", name).chance(_NOBODYS)
            yield case._replace(
                feedback_id=name,
                owner=None if left else case.owner,
                kind=kind,
                text=dice.pick(world.firm.words["feedback"][kind][life.persona.language]),
            )


def _case(world: World, life: Life, care: Care, order: Moment, dice: Dice) -> Feedback:
    """A case with its times; some are settled too late, some never."""

    def after(moment: Moment, first: int, last: int) -> Moment:
        day = day_of(moment) + dice.between(first, last)
        return office_time(world.calendar.office_day(day), dice)

    opened = after(order, 1, 9)
    return Feedback(
        feedback_id="",
        customer_id=life.persona.customer_id,
        opened_at=opened,
        kind="",
        state="resolved" if dice.chance(0.75) else "closed_case",
        owner=care.at(opened),
        due_at=after(opened, 3, 7),
        settled_at=None if dice.chance(_NEVER) else after(opened, 1, 16),
        text="",
    )
