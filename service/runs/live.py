"""What one classifier of changed rules would do, while somebody is still changing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl
from sqlalchemy import select

from custrata import Engine
from custrata.engine.compiled import Compiled
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.draft import swap_set
from custrata.engine.lints import lint
from custrata.engine.model import Bands, Classifier, Effect, Fixed, FoundBands
from custrata.engine.run import cells_of, weighed_map
from custrata.engine.table_map import Cells, TableMap
from custrata.engine.values import Number, exactly
from custrata.engine.what_if import MONEY, Moved, SwapSet
from custrata.service.audit import taken_out
from custrata.service.desk import Desk
from custrata.service.registers.treatments import labels_of
from custrata.service.rules.versions import engine_of_text
from custrata.service.runs import effects
from custrata.service.runs.population import Population, population
from custrata.store.models import Customer

DRAFT = "draft"
"""What the text is called in the marks of diagnostics."""


@dataclass(frozen=True)
class Size:
    """How many customers have a label, now and after."""

    label: str | None
    now: int
    after: int


@dataclass(frozen=True)
class Firing:
    """An effect that would follow for so many customers.

    Attributes:
        moment: `enter` or `leave`.
    """

    label: str
    moment: str
    effect: Effect
    customers: int


@dataclass(frozen=True)
class FoundCut:
    """Where a cut point lies, and how many customers are on either side of it.

    Attributes:
        at: the exact number; None where it cannot be found.
        found: whether the customers decide it; a number was typed else.
    """

    at: Decimal | None
    found: bool


@dataclass(frozen=True)
class Live:
    """One classifier of a draft against the customers as the last run found them.

    Attributes:
        text: the draft's. sizes: best label first.
        pairs: by (label now, label after), of everyone.
        moved: who moves; all of the customers where the classifier is new.
        firings: effects that would follow. cuts: by measure, in order.
        bands: customers by measure and band. table: the map, weighed.
        diagnostics: of this classifier, with their places in the text.
        population: the customers, and the run that found them.
    """

    text: str
    classifier: Classifier
    sizes: tuple[Size, ...]
    pairs: Mapping[tuple[str | None, str | None], Moved]
    moved: Moved
    firings: tuple[Firing, ...]
    cuts: Mapping[str, tuple[FoundCut, ...]]
    bands: Mapping[str, Mapping[str, int]]
    table: TableMap
    diagnostics: tuple[Diagnostic, ...]
    population: Population
    swaps: SwapSet

    @property
    def ways(self) -> list[tuple[tuple[str | None, str | None], Moved]]:
        """Those of the pairs that are two labels, the most customers first."""
        moving = [(pair, moved) for pair, moved in self.pairs.items() if pair[0] != pair[1]]
        return sorted(moving, key=lambda way: -way[1].customers)

    @property
    def customers(self) -> int:
        """All of them."""
        return sum(one.customers for one in self.pairs.values())


@dataclass(frozen=True)
class Mover:
    """A customer who would get another label."""

    customer_id: str
    name: str | None
    before: str | None
    after: str | None
    revenue: Decimal | None


def live(desk: Desk, text: str, name: str) -> Live:
    """What a classifier of a draft would do; nothing is written.

    Raises:
        RulesError: the text is wrong; carries every diagnostic.
        StoreError: no run has landed yet.
        KeyError: the text has no such classifier, or it is disabled.
    """
    draft = engine_of_text(text, DRAFT)
    classifier = {one.name: one for one in draft.ruleset.classifiers}[name]
    found = population(desk, draft)
    swaps = swap_set(draft, found.result, (name,), found.base)
    compiled = next(one for one in swaps.after.compiled if one.name == name)
    cells = cells_of(swaps.after, compiled)
    table = weighed_map(swaps.after, compiled, cells)
    pairs = swaps.matrix[name]
    return Live(
        text=text,
        classifier=classifier,
        sizes=tuple(_sizes(classifier, swaps.sizes[name])),
        pairs=pairs,
        moved=swaps.moved[name],
        firings=tuple(_firings(classifier, pairs)),
        cuts={one: tuple(_cuts(pair)) for one, pair in _banded(swaps, name)},
        bands=_bands(compiled, cells),
        table=table,
        diagnostics=tuple(_diagnostics(draft, classifier, compiled, table, swaps)),
        population=found,
        swaps=swaps,
    )


def movers(
    desk: Desk,
    found: Live,
    pair: tuple[str | None, str | None] | None = None,
    place: int = 0,
    most: int = 50,
) -> tuple[Mover, ...]:
    """Who moves, those who bring most first.

    Args:
        pair: only from this label to that one. place: how many to leave out. most: how many.
    """
    rows = _moves(found, pair).slice(place, most).collect()
    named = _names(desk, rows["customer_id"].to_list())
    scale = found.population.base.money.scale if found.population.base.money else 0
    return tuple(
        Mover(one, named.get(one), before, after, exactly(money, scale))
        for one, before, after, money in rows.rows()
    )


def all_movers(desk: Desk, found: Live) -> pl.DataFrame:
    """Everybody who moves: `customer_id`, `name`, `from`, `to`, those who bring most first.

    That somebody took them out of here leaves an event.
    """
    rows = _moves(found, None).drop(MONEY).collect()
    table = Customer.__table__.c
    with desk.database.snapshot() as snapshot:
        named = snapshot.frame(select(table.customer_id, table.name))
    taken_out(desk, rows.height)
    joined = rows.join(named, on="customer_id", how="left", maintain_order="left")
    return joined.select("customer_id", "name", "from", "to")


def _moves(found: Live, pair: tuple[str | None, str | None] | None) -> pl.LazyFrame:
    name = found.classifier.name
    frame: pl.LazyFrame = found.swaps.compared.to_native()
    before, after = pl.col(f"before:{name}"), pl.col(f"after:{name}")
    chosen = frame.filter(before.ne_missing(after))
    if pair is not None:
        chosen = chosen.filter(before.eq_missing(pair[0]) & after.eq_missing(pair[1]))
    money = pl.col(MONEY) if found.population.base.money else pl.lit(None, dtype=pl.Int64)
    rows = chosen.select("customer_id", before.alias("from"), after.alias("to"), money.alias(MONEY))
    return rows.sort(MONEY, "customer_id", descending=[True, False], nulls_last=True)


def _names(desk: Desk, customers: list[str]) -> dict[str, str | None]:
    query = select(Customer.customer_id, Customer.name).where(Customer.customer_id.in_(customers))
    with desk.database.read() as session:
        return {row.customer_id: row.name for row in session.execute(query)}


# --- what the comparison comes to ---------------------------------------------------------


def _sizes(classifier: Classifier, sizes: Mapping[str | None, tuple[int, int]]) -> Iterator[Size]:
    """Every label that there is or was, the best first, none at the end."""
    ranks = {label: info.rank for label, info in classifier.labels.items()}
    known = [label for label in labels_of(classifier) if label in sizes or label in ranks]
    ordered = sorted(known, key=lambda label: ranks.get(label) or len(known) + 1)
    gone = [label for label in sizes if label is not None and label not in ordered]
    last: list[str | None] = [None] if None in sizes else []
    for label in [*ordered, *gone, *last]:
        yield Size(label, *sizes.get(label, (0, 0)))


def _firings(
    classifier: Classifier, pairs: Mapping[tuple[str | None, str | None], Moved]
) -> Iterator[Firing]:
    """What would follow, by label and moment."""
    counts: dict[tuple[str, str], int] = {}
    for (before, after), moved in pairs.items():
        left, entered = effects.labels_of(before), effects.labels_of(after)
        for moment, labels in (("leave", left - entered), ("enter", entered - left)):
            for label in labels:
                counts[label, moment] = counts.get((label, moment), 0) + moved.customers
    for label, moments in classifier.effects.items():
        for moment, given in moments.items():
            customers = counts.get((label, moment), 0)
            yield from (Firing(label, moment, one, customers) for one in given if customers)


def _banded(swaps: SwapSet, name: str) -> Iterator[tuple[str, tuple[Bands, FoundBands | None]]]:
    compiled = next(one for one in swaps.after.compiled if one.name == name)
    for measure, bands in compiled.classifier.bands.items():
        yield measure, (bands, swaps.after.bands[name].get(measure))


def _cuts(pair: tuple[Bands, FoundBands | None]) -> Iterator[FoundCut]:
    """Where the cut points of a measure lie; those of bands that fell away are not found."""
    bands, found = pair
    for place, cut in enumerate(bands.cuts):
        if found is None:
            yield FoundCut(_decimal(cut.value) if isinstance(cut, Fixed) else None, found=False)
        else:
            at = found.cuts[place] if place < len(found.cuts) else None
            yield FoundCut(_decimal(at.at) if at else None, found=not isinstance(cut, Fixed))


def _decimal(number: Number) -> Decimal:
    exact = Fraction(number)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _bands(compiled: Compiled, cells: Cells) -> dict[str, dict[str, int]]:
    """Customers by measure and band, of those who take part."""
    found: dict[str, dict[str, int]] = {}
    for number, axis in enumerate(compiled.axes):
        if axis.bands is None:
            continue
        counts = found.setdefault(axis.measure, dict.fromkeys(axis.bands, 0))
        for bins, customers in cells.items():
            if compiled.takes_part(compiled.hits(bins)):
                counts[axis.bands[bins[number]]] += customers
    return found


def _diagnostics(
    draft: Engine, classifier: Classifier, compiled: Compiled, table: TableMap, swaps: SwapSet
) -> Iterator[Diagnostic]:
    """What is said of this classifier, each once."""
    said = [*draft.ruleset.diagnostics, *swaps.diagnostics]
    own = [
        one
        for one in said
        if one.message.startswith((f"{classifier.name}:", f"{classifier.name}."))
    ]
    yield from dict.fromkeys([*own, *lint(compiled, table)])
