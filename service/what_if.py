"""Who would move between two versions of the rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from custrata import Engine
from custrata.engine.backends import backend
from custrata.engine.diagnostics import Diagnostic
from custrata.service.files import write
from custrata.service.inputs import Inputs
from custrata.service.progress import Progress, silent
from custrata.service.staged import Staged

if TYPE_CHECKING:
    from custrata.engine.what_if import SwapSet


def what_if(
    rules: Path,
    draft: Path,
    inputs: Inputs,
    *,
    as_of: date,
    out: Path | None = None,
    engine: str = "polars",
    strict: bool = False,
    progress: Progress = silent,
) -> tuple[SwapSet, tuple[Diagnostic, ...]]:
    """The swap set, and the warnings of the run; `out` gets customer_id, classifier, from, to.

    Raises:
        RulesError: either file of rules is at fault. DataError: the data are.
    """
    current = Engine.from_file(rules, engine=engine)
    changed = Engine.from_file(draft, engine=engine)
    frames = inputs.frames(progress)
    result = current.run(as_of=as_of, strict=strict, progress=progress, **frames)
    progress("compare", 0, 1)
    swaps = current.what_if(changed, result)
    progress("compare", 1, 1)
    if out is not None:
        _write_moves(swaps, out, engine, progress)
    return swaps, (*result.diagnostics, *swaps.diagnostics)


def _write_moves(swaps: SwapSet, out: Path, engine: str, progress: Progress) -> None:
    progress("write", 0, 1)
    moves = backend(engine).lazy(swaps.moves).select("customer_id", "classifier", "from", "to")
    with Staged() as staged:
        write(nw.to_native(moves.sort("customer_id", "classifier")), staged.path(out))
    progress("write", 1, 1)
