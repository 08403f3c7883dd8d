"""Cut points that the population decides: found exactly, frozen, saved.

Finding is counting on an engine (`find`, `groups`, `count`) and arithmetic in Python (`cuts`,
`settle`); a `Calibration` keeps what was found, for single records and later runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from custrata.engine.calibration.asks import Ask, Finding, fixed_bands, rank_column
from custrata.engine.calibration.fingerprint import fingerprint
from custrata.engine.calibration.saved import Calibration

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from custrata.engine.backends import Backend

__all__ = [
    "Ask",
    "Calibration",
    "Finding",
    "find_cuts",
    "fingerprint",
    "fixed_bands",
    "rank_column",
]


def find_cuts(backend: Backend, frame: nw.LazyFrame[Any], asks: Sequence[Ask]) -> Finding:
    """Finds every cut, the same on every engine and in any order of rows.

    Args:
        backend: the engine.
        frame: one row per customer, `customer_id` (for `ties: rank`) and the asks' columns;
            read several times, so it should be kept.
        asks: one per classifier and measure.
    """
    from custrata.engine.calibration.find import find_cuts as find  # engines' side, on demand

    return find(backend, frame, asks)
