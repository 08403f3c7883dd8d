"""What a plugin may bring: the hooks, and the declarations that they return.

Hooks return declarations, never side effects. Arguments and fields are only ever added;
`API` names the major version, and a plugin that declares another one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pluggy

if TYPE_CHECKING:
    import marshmallow
    import narwhals.stable.v2 as nw

    from custrata.engine.facts import Facts
    from custrata.engine.measures.context import Context

    ParametersSchema = type[marshmallow.Schema]

MeasureType = Literal["integer", "money", "number", "text", "boolean"]
MEASURE_TYPES: tuple[str, ...] = get_args(MeasureType)

API = 1
"""Major version of this contract. A plugin's module may say `CUSTRATA_API = 1`."""

hookspec = pluggy.HookspecMarker("custrata")
hookimpl = pluggy.HookimplMarker("custrata")
"""Marks a plugin's function as the implementation of the hook of that name."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number, or a text, that can be computed about each customer.

    Attributes:
        name: column name; carries its unit (`recency_days`).
        unit: days, sales, currency, ratio, customers, category ...
        type: `integer` (whole numbers), `money` (exact, in the data's scale), `number`
            (a float), `text` or `boolean`.
        inputs: what it reads, as `record.column`: `transactions.amount`. The first record
            named is the one it is computed on. `measures.x` reads another measure.
        scope: `customer` where a customer's own facts suffice, `population` where `fit`
            has to see all first.
        no_data: the value of a customer of whom the record, though given, says nothing.
        parameters: marshmallow schema of what a ruleset may set; None takes none.
        windowed: whether the ruleset's window applies.
        ages: whether the value changes by itself: `steady`, `daily`, or `window` (when a
            fact leaves the window).
        moves: which way it can still go: `both`, `up` alone as time goes by, or `no` way, of
            what is past.
        compute: `(facts, parameters, context)` → an aggregate expression over the first
            record of `inputs` (all of one record are fused into one group-by), a row
            expression where that record is `customers` or `measures`, or a lazy frame of
            (`customer_id`, `name`).
        fit: `(facts, parameters, context)` → a JSON value, kept in the calibration and
            handed to `compute` as `context.state`. Where the first input is a measure,
            `facts.measures` holds the inputs.
        needs: which inputs must be there: `all`, the `first`, or `any` of them.
        fills: whether it only fills the nulls of a column that brings the measure by name.
        under: the declaration that holds under some parameters, where they change the type
            or `no_data`.
        doubts: `(facts, parameters, context)` → sentences on what looks odd about the
            parameters or the facts; each becomes a warning, and the values stay.

    `compute` and `fit` may raise `Unmeasurable`: null for everyone, with a warning.
    """

    name: str
    unit: str
    type: MeasureType
    inputs: tuple[str, ...]
    compute: Callable[[Facts, Mapping[str, Any], Context], nw.Expr | nw.LazyFrame[Any]]
    scope: Literal["customer", "population"] = "customer"
    no_data: int | bool | None = None
    parameters: ParametersSchema | None = None
    windowed: bool = False
    ages: Literal["steady", "daily", "window"] = "daily"
    moves: Literal["both", "up", "no"] = "both"
    fit: Callable[[Facts, Mapping[str, Any], Context], Any] | None = None
    needs: Literal["all", "first", "any"] = "all"
    fills: bool = False
    under: Callable[[Mapping[str, Any]], Measure] | None = None
    doubts: Callable[[Facts, Mapping[str, Any], Context], Iterable[str]] | None = None


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A table that ships with a plugin, as text that an admin can change.

    Attributes:
        name: id, and the name under which rules call it.
        folder: the plugin's folder; holds `defaults.yaml` (`bands`, `table`, ... as under a
            classifier's name in a rules file) and `strings/<language>.yaml`.
        parameters: marshmallow schema of the classifier's `parameters`; None takes none.
    """

    name: str
    folder: Path
    parameters: ParametersSchema | None = None


@hookspec
def custrata_measures() -> Iterable[Measure]:
    """Bring measures: anything that can be computed about each customer."""
    return ()


@hookspec
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring classifiers: tables with their bands, ready to be tuned."""
    return ()
