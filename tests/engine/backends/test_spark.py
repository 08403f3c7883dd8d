"""Spark says what Polars says, bit for bit, in as few runs as that can be told."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from custrata import DataError, Engine
from custrata.cli import main
from custrata.engine import compiled as compiled_module
from custrata.engine.backends import Backend, backend
from custrata.engine.backends.text import NFC_STABLE
from custrata.engine.calibration import Ask, Finding, find_cuts
from custrata.engine.columns import Column
from custrata.engine.compiled import compile_classifier
from custrata.engine.hookspecs import Measure
from custrata.engine.model import (
    BottomFraction,
    Deviation,
    Mean,
    OfTotal,
    Quantile,
    TopFraction,
    TopShare,
)
from custrata.engine.plugins import load_plugins
from custrata.engine.result import Result
from custrata.engine.vector import decide, label_column
from custrata.service.company import company
from tests.engine.calibration.asking import bands
from tests.engine.measures import measuring
from tests.engine.measures.reference import expected as measured_slowly
from tests.engine.measures.test_reference import CREATED, MEASURES, NAMES, RECORDS, USES
from tests.engine.measures.test_reference import _frame as frame_of
from tests.engine.rulesets import People, Rules, people, rulesets
from tests.engine.tables import COLUMNS, TYPES, Table, expected, records, tables, values_of

LAST_DAY = date(2026, 11, 21)
QUIET = [*HealthCheck]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def engine(spark: Any) -> Backend:
    return backend("spark")


@cache
def firm() -> dict[str, pl.DataFrame]:
    """The records of a made-up firm that rules read."""
    known = ("customers", "transactions", "contacts", "surveys", "stage_changes")
    frames = company(seed=3, customers=250).frames()
    return {name: frames[name] for name in (*known, "opportunities", "feedback")}


@cache
def shipped(engine: str) -> Engine:
    return Engine.from_file(ROOT / "config" / "rules.yaml", engine=engine)


def native(spark: Any, frames: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """The same rows as DataFrames of Spark."""
    held = backend("polars")
    like = spark.range(1)
    return {name: held.native(nw.from_native(one.lazy()), like) for name, one in frames.items()}


def plain(frame: Any) -> pl.DataFrame:
    found = frame if isinstance(frame, pl.DataFrame) else pl.from_arrow(frame.toArrow())
    assert isinstance(found, pl.DataFrame)
    return found.sort(*found.columns)


def assert_same(on_spark: Result, on_polars: Result) -> None:
    """All that a result says."""
    for what in ("labels", "measures", "bands"):
        assert_frame_equal(
            plain(getattr(on_spark, what)), plain(getattr(on_polars, what)), check_exact=True
        )
    assert on_spark.calibration == on_polars.calibration
    assert on_spark.calibration.id == on_polars.calibration.id
    assert on_spark.diagnostics == on_polars.diagnostics


# --- whole runs ---------------------------------------------------------------------------


def test_the_firm_is_classified_natively(spark: Any) -> None:
    from pyspark.sql import DataFrame

    mine = shipped("spark").run(as_of=LAST_DAY, **native(spark, firm()))
    theirs = shipped("polars").run(as_of=LAST_DAY, **firm())
    assert isinstance(mine.labels, DataFrame)
    assert_same(mine, theirs)
    one, other = (list(result.explanations()) for result in (mine, theirs))
    assert one == other
    draft = (ROOT / "config" / "rules.yaml").read_text().replace("cuts: [60]", "cuts: [45]")
    swaps, wanted = (
        result.engine.what_if(Engine.from_text(draft, engine=result.engine.engine), result)
        for result in (mine, theirs)
    )
    assert swaps.matrix == wanted.matrix
    assert any(swap.customers for swap in swaps.moved.values())
    assert_frame_equal(plain(swaps.moves), plain(wanted.moves))


def test_every_measure_of_the_firm(engine: Backend) -> None:
    known = load_plugins().measures
    names = tuple(name for name in known if name != "adoption_days")
    product = firm()["transactions"]["product"].drop_nulls()[0]
    uses = [
        measuring.use("adopted", "adoption_days", product=product, launch=date(2024, 1, 1)),
        measuring.use("basket", "monetary", statistic="mean"),
        measuring.use("sale_days", "frequency", count="days"),
        measuring.use("products", "frequency", count="product"),
        measuring.use("neighbours", "peer_count", attribute="region"),
        measuring.use("share", "peer_share", attribute="kind"),
    ]
    wanted = (*(name for name in names if "peer" not in name), *(use.name for use in uses))
    more = _plugins_own(known)
    mine, theirs = (
        measuring.run(one, *wanted, uses=uses, brought=more, time_zone="Asia/Tokyo", **firm())
        for one in (engine, backend("polars"))
    )
    assert mine == theirs
    assert all(any(value is not None for value in mine[use.name].values()) for use in uses)


def _plugins_own(known: Mapping[str, Measure]) -> list[Measure]:
    from custrata.engine.measures import builtin_measures

    own = {one.name for one in builtin_measures()}
    return [one for name, one in known.items() if name not in own]


def test_files_through_the_command_line(spark: Any, tmp_path: Path) -> None:
    written = []
    for name in ("spark", "polars"):
        out = [tmp_path / f"{name}.{what}" for what in ("csv", "json")]
        told = invoke(
            "classify",
            *("--rules", ROOT / "config" / "rules.yaml", "--engine", name, "--with-measures"),
            *("--transactions", ROOT / "data" / "cdnow.parquet", "--as-of", "1998-06-30"),
            *("--out", out[0], "--save-calibration", out[1]),
        )
        written.append([told.replace(f"{name}.", ""), *(path.read_text("utf-8") for path in out)])
    assert written[0] == written[1]


def test_checks_and_drafts_on_the_command_line(spark: Any, tmp_path: Path) -> None:
    rules, draft, sales = (tmp_path / name for name in ("rules.yaml", "draft.yaml", "sales.csv"))
    text = (
        "ruleset: 1\nclassifiers:\n  v:\n    bands: {monetary: {cuts: [%s], names: [low, high]}}\n"
    )
    text += "    table: {rules: [{monetary: high, label: key}], otherwise: rest}\n"
    rules.write_text(text % "mean")
    draft.write_text(text % "median")
    sales.write_text("customer_id,occurred_at,amount\n a ,2026-11-20T23:30Z,1.10\nb,2026-01-01,9\n")
    given = ("--transactions", sales, "--as-of", "2026-11-21")
    told = [
        [
            invoke("check", rules, "--engine", name, *given),
            invoke("what-if", "--rules", rules, "--draft", draft, "--engine", name, *given),
        ]
        for name in ("spark", "polars")
    ]
    assert told[0] == told[1]


def invoke(*words: Any) -> str:
    shown = CliRunner().invoke(main, [str(word) for word in words])
    assert shown.exit_code == 0, shown.output
    return shown.output


# --- anything at all ----------------------------------------------------------------------


@settings(max_examples=2, deadline=None, suppress_health_check=QUIET)
@given(rules=rulesets(), given=people(most=40))
def test_any_ruleset(spark: Any, rules: Rules, given: People) -> None:
    results = []
    for name in ("spark", "polars"):
        engine = Engine.from_text(rules.text, engine=name)
        results.append(engine.run(measures=given.frame, as_of=LAST_DAY))
    assert_same(results[0], results[1])


@settings(max_examples=1, deadline=None, suppress_health_check=QUIET)
@given(records=RECORDS, created=CREATED)
def test_any_facts(engine: Backend, records: dict[str, Any], created: list[date | None]) -> None:
    customers: list[dict[str, Any]] = [
        {"customer_id": name, "created_at": day} for name, day in zip(NAMES, created, strict=True)
    ]
    frames = {name: frame_of(found, 1) for name, found in records.items()}
    frames["customers"] = frame_of(customers, 1)
    measured = measuring.run(engine, *MEASURES, uses=USES, **frames)
    for customer in customers:
        assert measured.rows[customer["customer_id"]] == measured_slowly(customer, records)


@pytest.mark.parametrize("cells", [compiled_module.DENSE_CELLS, 0], ids=["array", "rows"])
def test_any_tables(engine: Backend, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_module, "DENSE_CELLS", cells)

    @settings(max_examples=2, deadline=None, suppress_health_check=QUIET)
    @given(
        some=st.lists(tables(), min_size=12, max_size=12),
        rows=st.lists(records(), min_size=1, max_size=30),
    )
    def agree(some: list[Table], rows: list[dict[str, Any]]) -> None:
        assert labels_of(engine, some, rows) == [
            [shown(expected(table, values_of(row))) for table in some] for row in rows
        ]

    agree()


def labels_of(engine: Backend, some: list[Table], rows: list[dict[str, Any]]) -> list[list[Any]]:
    """What all tables say of each row, in one pass."""
    ids = list(range(len(rows)))
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    frame = engine.table({"place": ids, **columns}, {"place": nw.Int64(), **_made(TYPES)})
    names = [f"t{place}" for place in range(len(some))]
    for name, table in zip(names, some, strict=True):
        one = compile_classifier(replace(table.classifier, name=name), table.bands)
        frame = decide(engine, frame, COLUMNS, one).frame
    kept = frame.select("place", *(label_column(name) for name in names))
    found = {place: list(labels) for place, *labels in engine.rows(kept)}
    return [found[place] for place in ids]


def _made(types: Mapping[str, Any]) -> dict[str, Any]:
    return {name: kind() for name, kind in types.items()}


def shown(label: Any) -> Any:
    """A result as a column holds it: lists as JSON."""
    return json.dumps(label, ensure_ascii=False) if isinstance(label, list) else label


# --- calibration --------------------------------------------------------------------------

CUTS = (
    *(Quantile(Fraction(part, 7), how) for part in (1, 4) for how in ("linear", "step")),
    *(TopShare(Fraction(4, 5), border) for border in ("reaches", "within")),
    Deviation(Fraction(1, 3)),
    Mean(),
    OfTotal(Fraction(1, 100_000)),
    TopFraction(Fraction(1, 5)),
    BottomFraction(Fraction(1, 9)),
)


def test_cut_points_of_many_numbers(engine: Backend) -> None:
    dice = Random(7)
    size = 9000
    wholes = [
        dice.choice([None, dice.randrange(-9, 9), dice.randrange(2**61)]) for _ in range(size)
    ]
    floats = [dice.choice([None, dice.lognormvariate(0, 40), -0.1, 0.3]) for _ in range(size)]
    ids = [str(number) for number in dice.sample(range(size), size)]
    frame = pl.DataFrame({"customer_id": ids, "whole": wholes, "real": floats})
    asks = [
        Ask(f"{kind}{place}", bands(cut), Column(kind, "float" if kind == "real" else "integer"))
        for kind in ("whole", "real")
        for place, cut in enumerate(CUTS)
    ]
    ranked = bands(Quantile(Fraction(1, 2)), TopFraction(Fraction(1, 9)), ties="rank")
    asks.append(Ask("ranked", ranked, Column("real", "float"), nw.col("whole") > 0))
    mine, theirs = (_found(one, frame, asks) for one in (engine, backend("polars")))
    assert mine == theirs


def _found(engine: Backend, frame: pl.DataFrame, asks: list[Ask]) -> tuple[Any, ...]:
    found: Finding = find_cuts(engine, engine.lazy(frame), asks)
    ranks = engine.rows(found.frame.select("customer_id", "#rank:ranked:m"))
    return found.values, found.ranks, found.diagnostics, sorted(ranks, key=str)


# --- reading ------------------------------------------------------------------------------

AMOUNTS = {
    "text": [["1", "-2.50", "1e3", "0.0000000005", "1.5E-2", "12345678.1234567891"]],
    "double": [
        [0.1 + 0.2, 2e22 / 3e18, 12345678.9, -1e7, 1.5e-9],
        [8.41e9, 2.0e-3, 1e-10, 5e-10, 1.5e-9],
        [19.99, -0.01, 1e6 + 0.07],
    ],
    "float": [[0.1, 16777216.0, -2.5, 1e-3, 3.3333333]],
    "decimal": [[Decimal("0.10"), Decimal("-12345678901234.56")]],
    "fine": [[Decimal("0.12345678905"), Decimal(2)]],
}
KINDS: Mapping[str, Any] = {
    "text": pl.String,
    "double": pl.Float64,
    "float": pl.Float32,
    "decimal": pl.Decimal(20, 2),
    "fine": pl.Decimal(20, 11),
}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_amounts_are_exact(engine: Backend, kind: str) -> None:
    for amounts in AMOUNTS[kind]:
        sales = pl.DataFrame(
            {
                "customer_id": [str(number) for number in range(len(amounts))],
                "occurred_at": [LAST_DAY] * len(amounts),
                "amount": pl.Series(amounts, dtype=KINDS[kind]),
            }
        )
        mine, theirs = (
            measuring.run(one, "monetary", transactions=sales)
            for one in (engine, backend("polars"))
        )
        assert mine == theirs


def test_signs_that_stay_as_they_are() -> None:
    """Texts of these need no normal form: none changes alone, moves, or joins the one before."""
    everything = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    stable = [sign for sign in everything if re.match(f"[{NFC_STABLE}]", sign)]
    pairs = (unicodedata.decomposition(chr(code)) for code in range(sys.maxunicode + 1))
    seconds = {chr(int(pair.split()[1], 16)) for pair in pairs if re.match("^[^< ]+ ", pair)}
    assert len(stable) > 30_000
    assert all(unicodedata.normalize("NFC", sign) == sign for sign in stable)
    assert not any(map(unicodedata.combining, stable))
    assert seconds.isdisjoint(stable)


def test_names_that_spark_takes_for_something_else_are_refused(engine: Backend) -> None:
    frame = pl.DataFrame({"customer_id": ["a"], "address.city": ["Huế"]})
    with pytest.raises(DataError, match=r"no column may be called 'address\.city'"):
        engine.lazy(frame)


def test_frames_of_spark_on_other_engines(spark: Any) -> None:
    frame = spark.createDataFrame([("a", 1)], "c string, n bigint")
    for name in ("polars", "duckdb"):
        other = backend(name)
        back = other.native(other.lazy(frame), frame)
        assert [tuple(row) for row in back.collect()] == [("a", 1)]


# --- what is missing ----------------------------------------------------------------------


def test_missing_pyspark_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(
        DataError, match=r"needs the package pyspark.*pip install 'custrata\[spark\]'"
    ):
        backend("spark")


def test_missing_java_is_named(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(DataError, match=r"needs Java, and there is none; allowed: Java 17"):
        backend("spark")
