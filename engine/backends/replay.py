"""Plans that are made once and run again on other rows, so that a few rows cost little.

What a plan reads are stand-ins: lazy frames of a known schema whose rows are put in place
before each run. Polars' in-memory engine asks for them when the plan is run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

Rows = Mapping[str, pl.DataFrame]


def computed(frames: Mapping[str, nw.LazyFrame[Any]]) -> Rows:
    """The rows of several frames, all computed at once."""
    plans: list[pl.LazyFrame] = [frame.to_native() for frame in frames.values()]
    return dict(zip(frames, pl.collect_all(plans, engine="in-memory"), strict=True))


def schemas(rows: Rows) -> tuple[Any, ...]:
    """What frames are called and hold: equal for frames that one plan can read."""
    return tuple((name, *frame.schema.items()) for name, frame in rows.items())


class Replay:
    """The rows that one plan reads. It belongs to one thread at a time.

    Attributes:
        read: whether rows were asked for: a plan made of what it read is good for these only.
    """

    def __init__(self, rows: Rows) -> None:
        self.read = False
        self._rows = rows

    def stand_in(self, name: str) -> nw.LazyFrame[Any]:
        """A frame of the schema of those rows, to be put into a plan."""
        empty = self._rows[name].clear()

        def rows(_: pl.DataFrame) -> pl.DataFrame:
            self.read = True
            return self._rows[name]

        plan = empty.lazy().map_batches(
            rows,
            predicate_pushdown=False,
            projection_pushdown=False,
            slice_pushdown=False,
            schema=empty.schema,
        )
        return nw.from_native(plan)

    def run(self, plan: nw.LazyFrame[Any], rows: Rows) -> list[dict[str, Any]]:
        """What a plan of stand-ins gives on these rows."""
        self._rows = rows
        native: pl.LazyFrame = plan.to_native()
        try:
            return native.collect(engine="in-memory").to_dicts()
        finally:
            self._rows = {}
