"""custrata: the Python interface on Parquet files, and the command line's own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.job import AS_OF, FILES


def polars(folder: Path, out: Path) -> None:
    """`Engine.run` on the files; the labels are written by Polars."""
    _labels(folder, "polars").lazy().sink_parquet(out)


def duckdb(folder: Path, out: Path) -> None:
    """`Engine.run` on the files; the labels are written by DuckDB."""
    _labels(folder, "duckdb").write_parquet(str(out))


def _labels(folder: Path, engine: str) -> Any:
    from custrata import Engine

    ready = Engine.from_file(folder / "rules.yaml", engine=engine)
    files = {name: folder / f"{name}.parquet" for name in FILES}
    return ready.run(as_of=AS_OF, **files).labels


def classify_polars(folder: Path, out: Path) -> None:
    """What `custrata classify` does: rows in order of id, staged, sizes counted."""
    _classify(folder, out, "polars")


def classify_duckdb(folder: Path, out: Path) -> None:
    """The same with `--engine duckdb`."""
    _classify(folder, out, "duckdb")


def _classify(folder: Path, out: Path, engine: str) -> None:
    from custrata.service.classify import Job, classify
    from custrata.service.inputs import Inputs

    files = {name: folder / f"{name}.parquet" for name in FILES}
    classify(
        Job(
            rules=folder / "rules.yaml",
            as_of=AS_OF,
            inputs=Inputs(files),
            out=out,
            engine=engine,
        )
    )
