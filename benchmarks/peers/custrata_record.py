"""custrata: one record at a time, with the calibration of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.peers.expressions import Cuts


def prepare(cuts: Cuts) -> Callable[[dict[str, Any]], Any]:
    """A function from a record to its labels; cut points come from custrata's own calibration."""
    from custrata import Engine
    from custrata.engine.calibration import Calibration

    folder = Path(cuts["folder"])
    calibration = Calibration.load(folder / "calibration.json")
    return Engine.from_file(folder / "record.yaml").calibrated(calibration).classify
