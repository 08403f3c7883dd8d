"""The frame that classification works on: one row per customer, one column per measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from custrata.engine.backends import Backend


def in_frames(name: str) -> str:
    """How a column is called in frames: without points, which Spark takes for structures."""
    return name.replace(".", ":")


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        name: what it is called in frames.
        kind: `integer` is Int64 and exact, the value being `stored / 10**scale`; `float` is
            Float64, read as its shortest decimal; `text` is String, canonical (NFC, trimmed,
            empty is null), booleans being the texts `true` and `false`; `day` is Int64, days
            since 1970-01-01 (a date attribute).
        scale: decimals of an `integer` column.
        money: whether output shows it as money, with `scale` decimals.
    """

    name: str
    kind: Literal["integer", "float", "text", "day"]
    scale: int = 0
    money: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing lies between two neighbouring whole numbers."""
        return self.kind == "integer" and self.scale == 0


@dataclass(frozen=True)
class MeasureTable:
    """Measured customers.

    Attributes:
        frame: kept (computed once), `customer_id` String, unique, then the columns'
            own names.
        columns: by name; `customer_id` is not among them.
        states: what population measures fitted, by measure name, as JSON values.
    """

    frame: nw.LazyFrame[Any]
    columns: Mapping[str, Column]
    backend: Backend
    states: Mapping[str, Any]
