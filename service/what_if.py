"""Who would move between two versions of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw

from custrata import Engine
from custrata.engine.backends import backend
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.what_if import REVENUE
from custrata.service.classify import no_label, unlabelled
from custrata.service.files import write
from custrata.service.inputs import Inputs, notes_of, with_notes
from custrata.service.progress import Progress, silent
from custrata.service.staged import Staged

if TYPE_CHECKING:
    from custrata.engine.what_if import SwapSet


@dataclass(frozen=True)
class Compared:
    """What came of it.

    Attributes:
        swaps: who moves.
        diagnostics: warnings.
        gone: classifiers that the draft lacks. added: those that it brings.
        window: the days up to as_of that revenue is of, or `all`; None where it is not known.
    """

    swaps: SwapSet
    diagnostics: tuple[Diagnostic, ...]
    gone: frozenset[str]
    added: frozenset[str]
    window: int | str | None


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
) -> Compared:
    """The swap set, and the warnings of the run; `out` gets customer_id, classifier, from, to.

    Raises:
        RulesError: either file of rules is at fault. DataError: the data are.
    """
    current = Engine.from_file(rules, engine=engine)
    changed = Engine.from_file(draft, engine=engine)
    frames = inputs.frames(progress)
    with with_notes(frames):
        result = current.run(as_of=as_of, strict=strict, progress=progress, **frames)
    progress("compare", 0, 1)
    swaps = current.what_if(changed, result)
    progress("compare", 1, 1)
    if out is not None:
        write_moves(swaps, out, engine, progress)
    told = (*notes_of(frames), *result.diagnostics, *swaps.diagnostics)
    told += (*unlabelled(result), *_unlabelled_after(changed, swaps))
    return compared(current, changed, swaps, told, _window(current, inputs))


def compared(
    now: Engine,
    draft: Engine,
    swaps: SwapSet,
    diagnostics: tuple[Diagnostic, ...],
    window: int | str | None,
) -> Compared:
    """A swap set, with the classifiers that come and go."""
    old, new = _names(now), _names(draft)
    return Compared(swaps, diagnostics, old - new, new - old, window)


def _names(engine: Engine) -> frozenset[str]:
    return frozenset(one.name for one in engine.ruleset.classifiers)


def _window(engine: Engine, inputs: Inputs) -> int | str | None:
    """The days that revenue is counted over, `all` for no limit; None where others say."""
    if "measures" in inputs.files or REVENUE in engine.ruleset.measures:
        return None
    return engine.ruleset.window_days or "all"


def _unlabelled_after(draft: Engine, swaps: SwapSet) -> Iterator[Diagnostic]:
    """Whom the draft's tables leave without a label, where nothing else can be the reason."""
    plain = [one for one in draft.ruleset.classifiers if one.policy.kind in ("first", "priority")]
    for one in plain:
        _, nulls = swaps.sizes[one.name].get(None, (0, 0))
        meant = one.where and one.outside is None
        if nulls and not meant and one.otherwise is None:
            yield no_label(one, nulls)


def write_moves(swaps: SwapSet, out: Path, engine: str, progress: Progress) -> None:
    """Who moves, into a file that appears whole or not at all.

    Raises:
        DataError: it cannot be written.
    """
    progress("write", 0, 1)
    moves = backend(engine).lazy(swaps.moves).select("customer_id", "classifier", "from", "to")
    with Staged() as staged:
        write(nw.to_native(moves.sort("customer_id", "classifier")), staged.path(out))
    progress("write", 1, 1)
