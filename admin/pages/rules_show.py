"""What the pages of a classifier show: its measures as histograms, its table as a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from custrata.admin.here import desk
from custrata.admin.language import _, language, money, number
from custrata.admin.pages.rules_working import engine_for
from custrata.engine.diagnostics import CustrataError
from custrata.engine.model import Classifier
from custrata.service.rules.editing import BandsForm, Editing
from custrata.service.rules.editing_cells import CutForm, plain_number
from custrata.service.rules.editing_names import FormNames
from custrata.service.runs.histogram import Histogram, histogram
from custrata.service.runs.live import FoundCut, Live
from custrata.service.runs.population import population

_FAR_ABOVE, _TALLER = 2.5, 1.4


@dataclass(frozen=True)
class Bar:
    """A bin of a histogram, in per cent of the picture.

    Attributes:
        is_cut: whether it is higher than the picture, which is drawn for the others.
    """

    left: float
    width: float
    height: float
    is_cut: bool
    low: Decimal
    high: Decimal
    customers: int


@dataclass(frozen=True)
class Handle:
    """A cut point on a histogram; `value` is None where it could not be found."""

    place: float
    value: Decimal | None
    found: bool


@dataclass(frozen=True)
class Card:
    """A measure of the form.

    Attributes:
        number: its place in the form. chart: None where nothing was measured yet.
        bars, handles: what the chart is drawn of.
    """

    number: int
    bands: BandsForm
    name: str
    unit: str
    chart: Histogram | None
    bars: tuple[Bar, ...] = ()
    handles: tuple[Handle, ...] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether there are numbers to draw."""
        return bool(self.bars)

    @property
    def ends(self) -> tuple[Decimal, ...]:
        """What is written below the picture: both ends, and the middle."""
        if self.chart is None or not self.chart.edges:
            return ()
        edges = self.chart.edges
        return edges[0], edges[len(edges) // 2], edges[-1]

    def say(self, value: Decimal | None) -> str:
        """A value of the measure as the reader writes it."""
        return money(value) if self.unit == "currency" else number(value)


def names_for(text: str, form: Editing) -> FormNames:
    """What the ids of a form are called in the reader's language."""
    return FormNames(form, engine_for(text), language())


def cards(
    text: str, form: Editing, lively: Live | None, *, later: bool = False
) -> tuple[Card, ...]:
    """The measures of a form that are cut into bands; with `later`, without their pictures."""
    named = names_for(text, form)
    charts = {} if later else dict(_charts(text, form, lively))
    return tuple(
        _card(place, bands, named, charts.get(bands.measure), lively)
        for place, bands in enumerate(form.bands)
    )


def _charts(text: str, form: Editing, lively: Live | None) -> Iterator[tuple[str, Histogram]]:
    """Histograms of what was measured; none before the first run."""
    try:
        found = lively.population if lively else population(desk())
    except CustrataError:
        return
    one = lively.classifier if lively else _classifier(text, form.name)
    for bands in form.bands:
        yield bands.measure, histogram(found, bands.measure, one)


def _classifier(text: str, name: str) -> Classifier | None:
    found = {one.name: one for one in engine_for(text).ruleset.classifiers}
    return found.get(name)


def _card(
    place: int, bands: BandsForm, named: FormNames, chart: Histogram | None, lively: Live | None
) -> Card:
    measure = bands.measure
    name, unit = named.measure(measure), unit_word(named.unit(measure))
    if chart is None:
        return Card(place, bands, name, unit, None)
    found = lively.cuts.get(measure, ()) if lively else ()
    handles = tuple(_handles(bands.cuts, found, chart)) if chart.edges else ()
    return Card(place, bands, name, unit, chart, tuple(_bars(chart)), handles)


def unit_word(unit: str) -> str:
    """A unit as the reader says it; `currency` is left to how amounts are written."""
    words = {
        "days": _("days"),
        "sales": _("sales"),
        "customers": _("customers"),
        "complaints": _("complaints"),
        "ratio": _("ratio"),
        "0 to 1": _("0 to 1"),
        "1 to 5": _("1 to 5"),
        "category": "",
        "true or false": "",
    }
    return str(words.get(unit, unit))


def _bars(chart: Histogram) -> Iterator[Bar]:
    highest = _highest(chart)
    width = 100 / max(len(chart.counts), 1)
    edges = zip(chart.edges, chart.edges[1:], chart.counts, strict=False)
    for place, (low, high, customers) in enumerate(edges):
        height = min(100.0, 100 * customers / highest) if highest else 0.0
        shown = max(height, 1.5) if customers else 0.0
        yield Bar(place * width, width * 0.88, shown, customers > highest, low, high, customers)


def _highest(chart: Histogram) -> float:
    """How many customers the height of the picture is; one bin far above all others is cut."""
    second, first = sorted((0, 0, *chart.counts))[-2:]
    return second * _TALLER if second and first > _FAR_ABOVE * second else first


def _handles(
    cuts: tuple[CutForm, ...], found: tuple[FoundCut, ...], chart: Histogram
) -> Iterator[Handle]:
    for place, cut in enumerate(cuts):
        value = found[place].at if place < len(found) else _typed(cut)
        yield Handle(
            100 * chart.place(value) if value is not None else 100.0, value, cut.kind != "number"
        )


def _typed(cut: CutForm) -> Decimal | None:
    return plain_number(cut.amount) if cut.kind == "number" else None


# --- the table ----------------------------------------------------------------------------


def choices(text: str, form: Editing, lively: Live | None) -> dict[str, list[tuple[str, str]]]:
    """What a cell of each column may hold, as ids with their names."""
    named = names_for(text, form)
    return {column: list(_choices(column, form, named, lively)) for column in form.columns}


def _choices(
    column: str, form: Editing, named: FormNames, lively: Live | None
) -> Iterator[tuple[str, str]]:
    bands = form.banded.get(column)
    for band in bands.names if bands else ():
        yield band, named.band(column, band)
    if lively is not None and bands is None:
        for value, _count in histogram(lively.population, column, lively.classifier).categories:
            yield value, value
    for word in ("unknown",) if bands else ("null",):
        yield word, named.band(column, "unknown")
