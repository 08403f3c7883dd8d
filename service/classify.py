"""Classify the customers of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import DataError, Diagnostic, Mark, warning
from custrata.engine.model import DENIED
from custrata.engine.table_map import wants_answers
from custrata.service.files import write
from custrata.service.inputs import Readable, notes_of, with_notes
from custrata.service.outputs import explanations, output_frame, write_json_lines
from custrata.service.progress import Progress, silent
from custrata.service.staged import Staged

if TYPE_CHECKING:
    from custrata.engine.model import Classifier
    from custrata.engine.result import Result
    from custrata.engine.what_if import Moved


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to classify, by what, and where the answers go.

    Attributes:
        rules: a rules file.
        as_of: the last day that is read.
        inputs: the files of facts, or a CRM.
        out: labels, with `with_measures` also measures and bands; .csv, .parquet or .xlsx.
        explanations: JSON lines, one a customer and classifier.
        calibration: an earlier one to reuse.
        save_calibration: where to keep the one found.
        engine: `polars`, `duckdb` or `spark`.
        strict: whether facts of customers who are not among the customers are an error.
        consent: who may be classified, as `Engine.run` takes it.
    """

    rules: Path
    as_of: date
    inputs: Readable
    out: Path
    with_measures: bool = False
    explanations: Path | None = None
    calibration: Path | None = None
    save_calibration: Path | None = None
    engine: str = "polars"
    strict: bool = False
    consent: str = DENIED


@dataclass(frozen=True)
class Summary:
    """What came of it.

    Attributes:
        customers: how many were classified.
        sizes: by classifier and label (None for those without), the largest first.
        diagnostics: warnings.
        written: the files, in the order of `Job`.
    """

    customers: int
    sizes: Mapping[str, Mapping[str | None, Moved]]
    diagnostics: tuple[Diagnostic, ...]
    written: tuple[Path, ...]


def classify(job: Job, progress: Progress = silent) -> Summary:
    """Read, classify, write; all files appear at the end or none.

    Raises:
        RulesError: the rules are at fault.
        DataError: the data, a file or the calibration are.
    """
    engine = Engine.from_file(job.rules, engine=job.engine)
    calibration = _calibration(job.calibration, engine) if job.calibration else None
    frames = job.inputs.frames(progress)
    with with_notes(frames):
        result = engine.run(
            as_of=job.as_of,
            calibration=calibration,
            strict=job.strict,
            progress=progress,
            consent=job.consent,
            **frames,
        )
    written = _write(job, result, progress)
    customers = customers_of(result)
    told = (*notes_of(frames), *result.diagnostics, *unlabelled(result))
    if not customers:
        told += (warning("nobody-classified", "nobody is left to classify"),)
    return Summary(customers, sizes_of(result), told, written)


def _calibration(path: Path, engine: Engine) -> Calibration:
    """The calibration of a file, if it belongs to the rules."""
    found = Calibration.load(path)
    try:
        found.check_matches(engine.ruleset)
    except DataError as error:
        mark = Mark(str(path))
        raise DataError(replace(one, mark=mark) for one in error.diagnostics) from error
    return found


def customers_of(result: Result) -> int:
    """How many customers a run classified."""
    everyone = next(iter(result.sizes.values()), {})
    return sum(one.customers for one in everyone.values())


def unlabelled(result: Result) -> Iterator[Diagnostic]:
    """Classifiers that left customers without a label though these take part."""
    for name, sizes in result.sizes.items():
        if None in sizes and wants_answers(result.compiled[name]):
            count = result.maps[name].unanswered
            if count:
                yield no_label(result.compiled[name].classifier, count)


def no_label(classifier: Classifier, count: int) -> Diagnostic:
    """The warning that a table has no answer for so many customers."""
    who = "1 customer" if count == 1 else f"{count:,} customers"
    told = f"{classifier.name}: {who} got no label; add a row for them, or `otherwise`"
    return warning("unlabelled", told, classifier.mark)


def sizes_of(result: Result) -> dict[str, dict[str | None, Moved]]:
    """The sizes of every segment, the largest first."""
    return {
        name: dict(sorted(sizes.items(), key=lambda item: (-item[1].customers, str(item[0]))))
        for name, sizes in result.sizes.items()
    }


def _write(job: Job, result: Result, progress: Progress) -> tuple[Path, ...]:
    with Staged() as staged:
        if job.explanations is not None:
            told = explanations(result, customers_of(result), progress)
            write_json_lines(told, staged.path(job.explanations))
        if job.save_calibration is not None:
            result.calibration.save(staged.path(job.save_calibration))
        progress("write", 0, 1)
        frame = output_frame(result, with_measures=job.with_measures)
        write(frame, staged.path(job.out))
        progress("write", 1, 1)
    wanted = (job.out, job.explanations, job.save_calibration)
    return tuple(path for path in wanted if path is not None)
