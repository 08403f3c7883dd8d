"""A few customers at once: measured by plans that are kept, labelled as single records are.

A run prepares for any number of rows, and a handful would wait for that longer than for all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from custrata.engine.backends import small
from custrata.engine.facts.records import CUSTOMER
from custrata.engine.measures.context import as_day
from custrata.engine.result import read_given
from custrata.engine.run import Labelled
from custrata.engine.vector import label_column, output_type, result_name

if TYPE_CHECKING:
    from custrata.engine.engine import Engine


def label_few(engine: Engine, as_of: date, frames: Mapping[str, Any]) -> Labelled:
    """The labels that a run gives these customers under the engine's calibration.

    Args:
        engine: calibrated. One that is kept keeps its plans too.
        as_of, frames: as `Engine.run` takes them.

    Returns:
        Labels without measures.

    Raises:
        RulesError: the rules need a calibration, and none is set. DataError: a frame is at fault.
    """
    backend = small()
    facts = read_given(engine, backend, as_day(as_of, engine.ruleset.time_zone), frames)
    measured = engine.measurer.measure(facts)
    found = [engine.classify(record) for record in measured.records()]
    columns: dict[str, Sequence[Any]] = {CUSTOMER: [row[CUSTOMER] for row in measured.rows]}
    types, kept = {CUSTOMER: nw.String()}, {}
    for one in engine.compiled:
        output, name = output_type(one), label_column(one.name)
        columns[name] = [output.value(_result(labels[one.name])) for labels in found]
        types[name] = output.dtype
        kept[result_name(one.name)] = output.column(name)
    return Labelled(backend.table(columns, types), kept, backend, engine.compiled, {})


def _result(label: Any) -> Any:
    """A label of a record as tables have it."""
    return tuple(label) if isinstance(label, list) else label
