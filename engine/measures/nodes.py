"""What a column of measured customers comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from custrata.engine.columns import Column
from custrata.engine.hookspecs import Measure
from custrata.engine.model import Window


@dataclass(frozen=True)
class Taken:
    """A column of the customers, or of the measures file."""

    record: Literal["customers", "measures"]
    column: Column


@dataclass(frozen=True)
class Computed:
    """A measure with parameters.

    Attributes:
        scale: decimals of the money that it sees.
        own: whether it has the ruleset's window and no parameters.
        inputs: columns that it reads beside its record's: key by the name it knows.
    """

    measure: Measure
    parameters: Mapping[str, Any]
    window: Window
    scale: int
    own: bool
    inputs: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def record(self) -> str:
        """What it is computed on."""
        return self.measure.inputs[0].partition(".")[0]


@dataclass(frozen=True)
class Combined:
    """Two columns put together, as floats or exactly."""

    form: Literal["ratio", "difference", "filled"]
    first: str
    second: str
    floats: bool = False


@dataclass(frozen=True)
class DaysSince:
    """Days from a date to the as-of date."""

    date: str


@dataclass(frozen=True)
class Nothing:
    """Null for everyone.

    Attributes:
        reason: why, in words.
        nearest: the known name closest to one that nothing brings.
    """

    reason: str
    code: str = "measure-missing"
    nearest: str | None = None


Source = Taken | Computed | Combined | DaysSince | Nothing


@dataclass(frozen=True)
class Node:
    """A column with where it comes from; `key` is its name while it is worked out."""

    key: str
    column: Column
    source: Source

    @property
    def name(self) -> str:
        """The column's name in the end."""
        return self.column.name

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys of the columns that it is made of."""
        source = self.source
        if isinstance(source, Computed):
            return tuple(key for key in source.inputs.values() if key is not None)
        if isinstance(source, Combined):
            return source.first, source.second
        return (source.date,) if isinstance(source, DaysSince) else ()
