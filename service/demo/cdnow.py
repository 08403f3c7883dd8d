"""Real purchases: the customers of CDNOW, classified by the rules that ship."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata import Engine
from custrata.engine.backends import Backend, backend
from custrata.engine.diagnostics import Diagnostic
from custrata.service.classify import customers_of, sizes_of
from custrata.service.demo.shipped import bring, bring_rules
from custrata.service.files import write
from custrata.service.inputs import Inputs
from custrata.service.names import Names
from custrata.service.outputs import explanations, output_frame, write_json_lines
from custrata.service.progress import Progress, silent
from custrata.service.staged import Staged

if TYPE_CHECKING:
    from custrata.engine.result import Result
    from custrata.engine.what_if import Moved

AS_OF = date(1998, 7, 1)
_SHOWN = ("important_value", "important_keep", "important_develop")
_OTHERS = ("general_value", "general_keep", "general_develop", "general_retain")
_ENGINE = "polars"


@dataclass(frozen=True)
class Classified:
    """What there is to show.

    Attributes:
        as_of: the day it is classified as of.
        engine: the rules.
        names: what ids are called.
        customers: how many.
        sizes: by classifier and label, with revenue in the window.
        stories: explanations of a few customers, all classifiers of one after another.
        diagnostics: warnings of the run.
        files: by what they hold.
    """

    as_of: date
    engine: Engine
    names: Names
    customers: int
    sizes: Mapping[str, Mapping[str | None, Moved]]
    stories: Mapping[str, tuple[Mapping[str, Any], ...]]
    diagnostics: tuple[Diagnostic, ...]
    files: Mapping[str, Path]


def classify_cdnow(folder: Path, progress: Progress = silent) -> Classified:
    """Classify CDNOW into a folder, which is made; a draft that was edited there stays.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = _paths(folder)
    bring("data/cdnow.parquet", paths["transactions"])
    bring_rules(paths["rules"], paths["draft"])
    engine = Engine.from_file(paths["rules"], engine=_ENGINE)
    frames = Inputs({"transactions": paths["transactions"]}).frames(progress)
    result = engine.run(as_of=AS_OF, progress=progress, **frames)
    stories = _write(result, paths, _chosen(backend(_ENGINE), result), progress)
    customers, sizes = customers_of(result), sizes_of(result)
    return Classified(
        AS_OF, engine, Names(engine), customers, sizes, stories, result.diagnostics, paths
    )


def _paths(folder: Path) -> dict[str, Path]:
    names = {
        "transactions": "transactions.parquet",
        "rules": "rules.yaml",
        "draft": "draft.yaml",
        "labels": "labels.csv",
        "labels_parquet": "labels.parquet",
        "explanations": "explanations.jsonl",
        "calibration": "calibration.json",
    }
    return {kind: folder / name for kind, name in names.items()}


def _chosen(computed: Backend, result: Result) -> tuple[str, ...]:
    """The largest customer by revenue of each of three segments."""
    labels = computed.lazy(result.labels).select("customer_id", "rfm")
    money = computed.lazy(result.measures).select("customer_id", "monetary")
    rows = computed.rows(
        labels.join(money, on="customer_id", how="left")
        .filter(nw.col("rfm").is_in([*_SHOWN, *_OTHERS]))
        .sort("monetary", "customer_id", descending=[True, False])
    )
    return tuple(_first_of_each(rows))


def _first_of_each(rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    largest: dict[str, str] = {}
    for customer, label, _ in rows:
        largest.setdefault(label, customer)
    found = [largest[label] for label in (*_SHOWN, *_OTHERS) if label in largest]
    yield from found[: len(_SHOWN)]


def _write(
    result: Result,
    paths: Mapping[str, Path],
    chosen: tuple[str, ...],
    progress: Progress,
) -> dict[str, tuple[Mapping[str, Any], ...]]:
    stories: dict[str, list[Mapping[str, Any]]] = {customer: [] for customer in chosen}
    with Staged() as staged:
        told = _overheard(explanations(result, customers_of(result), progress), stories)
        write_json_lines(told, staged.path(paths["explanations"]))
        result.calibration.save(staged.path(paths["calibration"]))
        progress("write", 0, 2)
        labels = output_frame(result, with_measures=True)
        write(labels, staged.path(paths["labels"]))
        progress("write", 1, 2)
        write(labels, staged.path(paths["labels_parquet"]))
        progress("write", 2, 2)
    return {customer: tuple(told) for customer, told in stories.items()}


def _overheard(
    told: Iterator[Mapping[str, Any]], stories: Mapping[str, list[Mapping[str, Any]]]
) -> Iterator[Mapping[str, Any]]:
    for one in told:
        if one["customer_id"] in stories:
            stories[one["customer_id"]].append(one)
        yield one
