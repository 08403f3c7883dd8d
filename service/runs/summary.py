"""What came of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from custrata.engine.diagnostics import Diagnostic, Severity
from custrata.engine.result import Result
from custrata.service.runs.consent import left_out


@dataclass(frozen=True)
class Transition:
    """One customer's way from one label to another.

    Attributes:
        why: `first`, `facts`, `day`, `calibration`, `rules`, `plugin`, `consent` (withdrawn).
    """

    customer_id: str
    classifier: str
    was: str | None
    label: str | None
    why: str


@dataclass(frozen=True)
class Flow:
    """So many customers moved from one label to another, for one reason."""

    classifier: str
    was: str | None
    label: str | None
    why: str
    customers: int


@dataclass(frozen=True)
class RunSummary:
    """A run that landed.

    Attributes:
        version: of the rules. calibration: the cut points' id.
        sizes: by classifier and label, how many customers have it.
        flows: who moved where, the largest first.
        diagnostics: warnings of rules, facts and cut points.
        left_out: how many may not be classified, for want of consent.
    """

    run_id: int
    as_of: date
    version: int
    calibration: str
    customers: int
    sizes: Mapping[str, Mapping[str | None, int]]
    flows: tuple[Flow, ...]
    diagnostics: tuple[Diagnostic, ...]
    left_out: int = 0

    @property
    def changed(self) -> int:
        """How many labels changed."""
        return sum(one.customers for one in self.flows)


def counts_of(
    result: Result, moved: pl.DataFrame, names: Sequence[str], notes: Sequence[Diagnostic]
) -> dict[str, Any]:
    """What is kept of a run: sizes, flows, who may not be classified, warnings; JSON."""
    sizes = {
        name: [[label, one.customers] for label, one in result.sizes[name].items()]
        for name in names
    }
    told = (*result.diagnostics, *notes)
    return {
        "customers": sum(number for _, number in next(iter(sizes.values()), [])),
        "sizes": sizes,
        "flows": flows_of(moved),
        "left_out": left_out(result.frames["customers"], result.labelled).height,
        "warnings": [str(one) for one in told if one.severity is not Severity.INFO],
    }


def flows_of(moved: pl.DataFrame) -> list[list[Any]]:
    """Transitions counted by classifier, labels and reason, the largest first."""
    keys = ["classifier", "was", "label", "why"]
    counted = moved.group_by(keys).agg(pl.len().alias("customers"))
    ordered = counted.sort(["customers", *keys], descending=[True, *[False] * len(keys)])
    return [list(row) for row in ordered.select(*keys, "customers").rows()]


def summary_of(
    run_id: int,
    version: int,
    result: Result,
    counts: Mapping[str, Any],
    diagnostics: Sequence[Diagnostic],
) -> RunSummary:
    """The summary of a run out of what is kept of it."""
    return RunSummary(
        run_id=run_id,
        as_of=result.as_of,
        version=version,
        calibration=result.calibration.id,
        customers=counts["customers"],
        sizes={name: dict(map(tuple, rows)) for name, rows in counts["sizes"].items()},
        flows=tuple(Flow(*row) for row in counts["flows"]),
        diagnostics=tuple(diagnostics),
        left_out=counts["left_out"],
    )


def transitions_of(moved: pl.DataFrame) -> tuple[Transition, ...]:
    """The rows of a frame of transitions."""
    columns = ("customer_id", "classifier", "was", "label", "why")
    return tuple(Transition(*row) for row in moved.select(columns).rows())
