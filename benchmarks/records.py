"""Records for single classification, with the labels that hand-written Polars gives them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import yaml

from benchmarks.job import AS_OF, FILES, RECORD_CLASSIFIERS
from benchmarks.peers.expressions import WILLING
from benchmarks.peers.polars_parts import labels, measured
from benchmarks.peers.polars_two_step import find_cuts


def prepare_records(folder: Path, count: int) -> None:
    """Write records.json (records, cut points, expected labels), record.yaml, calibration.json."""
    kept = measured(folder).collect().sort("customer_id")
    fifths, tops, head = find_cuts(kept)
    some = kept.gather_every(max(len(kept) // count, 1)).head(count)
    expected = some.select(labels(fifths, tops, head)).select(RECORD_CLASSIFIERS)
    words = pl.col("recommend").replace_strict(
        [1, 2, 3], WILLING[1:], default=None, return_dtype=pl.String
    )
    given = some.drop("customer_id").with_columns(words).to_dicts()
    kept_as = (given, {"head": head, "tops": tops}, expected.to_dicts())
    (folder / "records.json").write_text(json.dumps(kept_as))
    _calibrate(folder)


def _calibrate(folder: Path) -> None:
    """Custrata finds its own cut points, from the same data, for the five classifiers."""
    from custrata import Engine

    rules = folder / "record.yaml"
    rules.write_text(_five(folder / "rules.yaml"))
    frames = {name: pl.scan_parquet(folder / f"{name}.parquet") for name in FILES}
    result = Engine.from_file(rules).run(as_of=AS_OF, **frames)
    result.calibration.save(folder / "calibration.json")


def _five(rules: Path) -> str:
    found = yaml.safe_load(rules.read_text())
    found["classifiers"] = {name: found["classifiers"][name] for name in RECORD_CLASSIFIERS}
    return yaml.safe_dump(found, sort_keys=False)
