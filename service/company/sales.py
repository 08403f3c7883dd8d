"""What an order holds, what it brings, and what is given back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from custrata.service.company.calendar import day_of, office_time
from custrata.service.company.dice import Dice, along
from custrata.service.company.firm import Product
from custrata.service.company.life import Life
from custrata.service.company.persona import Persona
from custrata.service.company.rows import Moment, Transaction
from custrata.service.company.world import World

CURRENCY = "VND"
_DEARER = 0.035
"""By how much prices rise in a year."""
_UNIT = 1000
"""Prices are whole thousands."""
_GIVEN_BACK, _UNLINKED, _WHOLE_ORDER = 0.02, 0.15, 0.2
"""Share of orders with a refund; of refunds, those not linked to their sale, and of all of it."""


def sales(world: World, life: Life) -> Iterator[Transaction]:
    """All lines of a customer's orders, and her refunds."""
    dice = world.dice("sales", life.persona.number)
    basket = _Basket(world, life.persona, dice)
    for number, moment in enumerate(life.orders, start=1):
        order = list(basket.order(f"DH{life.persona.number:05d}-{number:03d}", moment))
        yield from order
        if dice.chance(_GIVEN_BACK):
            yield _refund(world, order, dice)


class _Basket:
    """What a customer puts into it: her favourites, what is new, now and then something else."""

    def __init__(self, world: World, persona: Persona, dice: Dice) -> None:
        self.world, self.persona, self.dice = world, persona, dice
        products = world.firm.products
        self.always = [one for one in products if one.launched is None]
        channel = persona.channel.name
        self.weights = {at: one.weights[channel] for at, one in enumerate(self.always)}
        self.favourites = [self._wanted() for _ in range(dice.between(2, 8))]
        self.adopted = {one.name: self._adopts(one) for one in products if one.launched}

    def order(self, order_id: str, moment: Moment) -> Iterator[Transaction]:
        """The lines of an order."""
        day = day_of(moment)
        much = self._much(day)
        for place, product in enumerate(self._chosen(day), start=1):
            cheap = 300_000 / (100_000 + product.price)  # of dear goods few are taken
            quantity = max(1, int(much * cheap * self.dice.spread(0.5, 1.6) + 0.5))
            yield self._line(f"{order_id}-{place}", order_id, moment, product, quantity)

    def _much(self, day: int) -> float:
        """The usual quantity of a line on a day."""
        persona = self.persona
        grown = max(0.3, 1 + persona.trend * (day - persona.created) / 365)
        demand = 1 if persona.consumer else self.world.calendar.demand(day)
        return persona.channel.quantity * persona.weight * grown * demand

    def _chosen(self, day: int) -> list[Product]:
        """Different products, what she just took to among them."""
        products, dice = self.world.firm.products, self.dice
        new = [one for one in products if (self.adopted.get(one.name) or day + 1) <= day]
        chosen = {one.name: one for one in new if dice.chance(0.45)}
        count = dice.between(*self.persona.channel.lines)
        while len(chosen) < count:
            product = dice.pick(self.favourites)
            if product.name in chosen or dice.chance(0.2):
                product = self._wanted()
            chosen[product.name] = product
        return list(chosen.values())

    def _line(
        self, line: str, order: str, moment: Moment, product: Product, quantity: int
    ) -> Transaction:
        listed = product.price * (1 + _DEARER * self.world.years_at(day_of(moment)))
        price = max(_UNIT, _whole(listed * (1 - self.dice.spread(*self.persona.channel.discount))))
        profit = quantity * (price - int(listed * (1 - product.margin)))
        return Transaction(
            transaction_id=line,
            customer_id=self.persona.customer_id,
            occurred_at=moment,
            amount=quantity * price,
            profit=profit,
            order_id=order,
            refund_of=None,
            product=product.name,
            quantity=quantity,
            currency=CURRENCY,
        )

    def _wanted(self) -> Product:
        """One of those that were always there, as the customer's trade asks for them."""
        return self.always[self.dice.weighed(self.weights)]

    def _adopts(self, product: Product) -> int | None:
        """The day from which on she buys something new, if ever."""
        if not self.dice.chance(min(0.85, product.weights[self.persona.channel.name] / 12)):
            return None
        eager = min(1.0, max(0.0, self.dice.near(self.persona.eager, 0.1)))
        days = int(along(self.world.firm.adoption, eager))
        return self.world.last - (product.launched or 0) + days


def _whole(price: float) -> int:
    return int(price / _UNIT + 0.5) * _UNIT


def _refund(world: World, order: Sequence[Transaction], dice: Dice) -> Transaction:
    """What of an order is given back some days later: something, all, or some of a line."""
    line = dice.pick(order)
    day = world.calendar.office_day(day_of(line.occurred_at) + dice.between(2, 15))
    back = line._replace(
        transaction_id=f"HT{line.transaction_id[2:]}",
        occurred_at=office_time(day, dice),
        order_id=None,
        product=None,
        quantity=None,
    )
    if dice.chance(_UNLINKED):
        amount = _whole(line.amount * dice.spread(0.1, 0.5))
        return back._replace(amount=-amount, profit=-amount)
    if dice.chance(_WHOLE_ORDER):
        amount, profit = sum(one.amount for one in order), sum(one.profit for one in order)
        return back._replace(amount=-amount, profit=-profit, refund_of=line.order_id)
    assert line.quantity
    some = dice.between(1, line.quantity)
    return back._replace(
        amount=-line.amount // line.quantity * some,
        profit=-line.profit // line.quantity * some,
        refund_of=line.transaction_id,
        product=line.product,
        quantity=-some,
    )
