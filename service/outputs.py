"""What a run gives, as files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import backend
from custrata.service.progress import Progress, silent

if TYPE_CHECKING:
    from custrata.engine.result import Result

_EVERY = 1000
_KEY = "customer_id"


def output_frame(result: Result, *, with_measures: bool = False) -> Any:
    """The labels, with measures and bands where asked, as a native frame in any order."""
    if not with_measures:
        return result.labels
    polars = backend("polars")  # which files are written by, too
    frame = polars.lazy(result.labels)
    for kind, more in {"measure": result.measures, "band": result.bands}.items():
        own = polars.lazy(more)
        apart = _apart(own.columns, frame.columns, kind)
        frame = frame.join(own.rename(apart), on=_KEY, how="left")
    return nw.to_native(frame)


def _apart(names: Sequence[str], taken: Sequence[str], kind: str) -> dict[str, str]:
    """New names of columns whose names are taken: `measure.loyalty` beside `loyalty`."""
    renamed: dict[str, str] = {}
    for name in names:
        free = name
        while free != _KEY and (free in taken or (free != name and free in names)):
            free = f"{kind}.{free}"
        renamed[name] = free
    return {name: free for name, free in renamed.items() if name != free}


def explanations(
    result: Result, customers: int, progress: Progress = silent
) -> Iterator[Mapping[str, Any]]:
    """The result's explanations, one a customer and classifier, telling how many are done."""
    total = customers * len(result.compiled)
    progress("explain", 0, total)
    for done, one in enumerate(result.explanations(), start=1):
        yield one
        if done % _EVERY == 0:
            progress("explain", done, total)
    progress("explain", total, total)


def write_json_lines(records: Iterator[Mapping[str, Any]], path: Path) -> None:
    """One JSON object a line, UTF-8."""
    encode = json.JSONEncoder(ensure_ascii=False, default=float).encode
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(encode(one) + "\n" for one in records)
