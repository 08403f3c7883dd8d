"""How customers take up what is new: the course of each product since its launch, and the chasm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_admin import expose

from custrata.admin.charts import Plane
from custrata.admin.here import desk, engine
from custrata.admin.language import lazy
from custrata.admin.page import Page
from custrata.admin.pages.showing import Shown
from custrata.service.figures import latest

_PLANE = (42, 12, 366, 180)
_EARLY, _MAJORITY = ("innovator", "early_adopter"), "early_majority"
_MONTH = 30
_STEPS = 4
_YEAR = 365


@dataclass(frozen=True)
class Step:
    """A category of adopters, from its first buyer to its last.

    Attributes:
        pace: buyers in thirty days; None where all came on one day.
    """

    label: str
    customers: int
    first: int
    last: int
    pace: Decimal | None


@dataclass(frozen=True)
class Chasm:
    """From the last of the early ones to the first of the majority.

    Attributes:
        before, after: buyers in thirty days on either side; None where that cannot be told.
    """

    first: int
    last: int
    before: Decimal | None
    after: Decimal | None

    @property
    def days(self) -> int:
        """How long nobody bought for the first time."""
        return self.last - self.first


@dataclass(frozen=True)
class Course:
    """The course of a product; lengths are those of the chart.

    Attributes:
        early: whether the launch was less than a year ago, so that categories still move.
        gap: left and right end of the chasm; None where there is none.
        grid: heights with buyers. names: places from the left with days.
    """

    classifier: str
    product: str
    launch: date
    days: int
    customers: int
    buyers: int
    steps: list[Step]
    chasm: Chasm | None
    line: str
    gap: tuple[float, float] | None
    grid: list[tuple[float, int]]
    names: list[tuple[float, int]]

    @property
    def early(self) -> bool:
        """Whether the first year is not over."""
        return self.days < _YEAR


class Adoption(Page):
    """New products, from launch to today."""

    title = lazy("New products")
    address = "adoption"
    icon = "fa-rocket"
    section = "customers"

    @expose("/")
    def index(self) -> str:
        """Each product's course, and who took it up when."""
        with desk().database.read() as session:
            figures = latest(session)
        in_force = {one.name for one in engine().ruleset.classifiers}
        found = figures.get("adoption") if figures else None
        courses = [_course(one) for one in found or () if one["classifier"] in in_force]
        return self.page(
            "panel/adoption/index.html",
            figures=figures,
            known=found is not None,
            courses=courses,
            shown=Shown(),
        )


def _course(found: Mapping[str, Any]) -> Course:
    steps = [_step(row) for row in found["steps"] if row["label"]]
    plane, chasm = Plane(*_PLANE), _chasm(steps)
    most, days = max(found["buyers"], 1), max(found["days"], 1)
    points = [(0, 0), *found["points"], (days, found["buyers"])]
    inside = [(max(day, 0) / days, count / most) for day, count in points]
    ends = None if chasm is None else (chasm.first / days, chasm.last / days)
    return Course(
        found["classifier"],
        found["product"],
        date.fromisoformat(found["launch"]),
        found["days"],
        found["customers"],
        found["buyers"],
        steps,
        chasm,
        plane.path(inside),
        None if ends is None else (plane.x(max(ends[0], 0)), plane.x(max(ends[1], 0))),
        [(plane.y(step / _STEPS), most * step // _STEPS) for step in range(_STEPS + 1)],
        [(plane.x(step / _STEPS), days * step // _STEPS) for step in range(_STEPS + 1)],
    )


def _step(row: Mapping[str, Any]) -> Step:
    pace = _pace(row["customers"], row["last"] - row["first"])
    return Step(row["label"], row["customers"], row["first"], row["last"], pace)


def _chasm(steps: Sequence[Step]) -> Chasm | None:
    """Where both sides have buyers; who bought before the launch is on no side of it."""
    early = [one for one in steps if one.label in _EARLY]
    later = next((one for one in steps if one.label == _MAJORITY), None)
    if not early or later is None:
        return None
    first, last = min(one.first for one in early), max(one.last for one in early)
    before = _pace(sum(one.customers for one in early), last - first)
    return Chasm(last, later.first, before, later.pace)


def _pace(customers: int, days: int) -> Decimal | None:
    return None if days <= 0 else round(Decimal(customers * _MONTH) / days, 1)
