"""What is compared: a key, a title, and where its function is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class System:
    """One of those compared; `place` is `module:function` in `benchmarks.peers`."""

    key: str
    title: str
    place: str

    def load(self) -> Callable[..., Any]:
        """Import it, and what it needs."""
        module, function = self.place.split(":")
        found: Callable[..., Any] = getattr(import_module(f"benchmarks.peers.{module}"), function)
        return found


BATCH = (
    System("custrata-polars", "custrata on Polars", "custrata_batch:polars"),
    System("custrata-duckdb", "custrata on DuckDB", "custrata_batch:duckdb"),
    System("classify-polars", "`custrata classify`, Polars", "custrata_batch:classify_polars"),
    System("classify-duckdb", "`custrata classify`, DuckDB", "custrata_batch:classify_duckdb"),
    System("polars", "Polars by hand, two steps", "polars_two_step:run"),
    System("polars-streaming", "Polars by hand, one streaming query", "polars_streaming:run"),
    System("duckdb", "DuckDB by hand, two steps", "duckdb_two_step:run"),
    System("pandas", "pandas by hand", "pandas_two_step:run"),
)

RECORD = (
    System("custrata", "custrata `online.classify`", "custrata_record:prepare"),
    System("zen-expression", "zen-engine, compiled expression", "zen_expression:prepare"),
    System("cel", "common-expression-language, compiled", "cel_expression:prepare"),
    System("rule-engine", "rule-engine", "rule_engine_rule:prepare"),
    System("business-rules", "business-rules", "business_rules_lists:prepare"),
    System("zen-tables", "zen-engine, decision tables", "zen_tables:prepare"),
)

ALL = {system.key: system for system in (*BATCH, *RECORD)}
REFERENCE = "polars"
"""The system whose labels the others' are compared with."""
