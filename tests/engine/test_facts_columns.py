"""Attributes and measured columns in canonical form, on every engine."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from custrata.engine.backends import Backend, backend
from custrata.engine.columns import Column
from custrata.engine.diagnostics import DataError
from custrata.engine.facts import Facts, read_facts
from custrata.engine.facts.attributes import items

AS_OF = date(2026, 11, 21)
DAY = (AS_OF - date(1970, 1, 1)).days


@pytest.fixture(params=["polars", "duckdb"])
def engine(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)


def read(engine: Backend, **given: Any) -> Facts:
    options: dict[str, Any] = {
        "as_of": AS_OF,
        "time_zone": "Asia/Ho_Chi_Minh",
        "currency": None,
    } | given
    return read_facts(engine, **options)


def customers(column: Any, name: str = "x") -> pl.DataFrame:
    values = column if isinstance(column, pl.Series) else pl.Series(column)
    ids = pl.Series("customer_id", [f"{n:03}" for n in range(len(values))])
    return pl.DataFrame([ids, values.alias(name)])


def attribute(engine: Backend, frame: Any, name: str = "x") -> tuple[Column, list[Any]]:
    facts = read(engine, customers=frame)
    column = facts.customer_columns[name]
    rows = engine.rows(facts.customers.select("customer_id", column.name))
    return column, [value for _, value in sorted(rows)]


@pytest.mark.parametrize(
    ("values", "kind", "scale", "expected"),
    [
        ([True, False, None], "text", 0, ["true", "false", None]),
        ([1, None, -3], "integer", 0, [1, None, -3]),
        (pl.Series([1, 2], dtype=pl.UInt16), "integer", 0, [1, 2]),
        ([0.5, None, 2.25], "integer", 2, [50, None, 225]),
        ([1.0, float("nan")], "integer", 0, [1, None]),
        ([0.1, 1 / 3], "float", 0, [0.1, 1 / 3]),
        ([1e19, 0.5], "float", 0, [1e19, 0.5]),
        (pl.Series([2**63], dtype=pl.UInt64), "float", 0, [2.0**63]),
        ([Decimal("1.50"), None], "integer", 1, [15, None]),
        ([" a ", "e\u0301", ""], "text", 0, ["a", "é", None]),
        (["3", " 4.50", None], "integer", 1, [30, 45, None]),
        (["3e2", "-0.5"], "integer", 1, [3000, -5]),
        (["01", "2"], "text", 0, ["01", "2"]),
        (["1", "x"], "text", 0, ["1", "x"]),
        (["0.12345678901"], "float", 0, [0.12345678901]),
        ([None, None], "text", 0, [None, None]),
        ([AS_OF, None], "day", 0, [DAY, None]),
        ([datetime(2026, 11, 20, 18, tzinfo=UTC)], "day", 0, [DAY]),
        (["2026-11-21", None, "2026-11-20T18:00Z"], "day", 0, [DAY, None, DAY]),
        (["2026-11-21", "soon"], "text", 0, ["2026-11-21", "soon"]),
        (["2026-11-21", "1234-56-78"], "text", 0, ["2026-11-21", "1234-56-78"]),
        (["2026-02-30", None], "text", 0, ["2026-02-30", None]),
        (pl.Series([None, None], dtype=pl.Null), "text", 0, [None, None]),
        (["1e300", "zz"], "text", 0, ["1e300", "zz"]),
        (pl.Series(["b", "a"], dtype=pl.Categorical), "text", 0, ["b", "a"]),
        (pl.Series(["b", "a"], dtype=pl.Enum(["a", "b"])), "text", 0, ["b", "a"]),
    ],
)
def test_attributes_are_canonical(
    engine: Backend, values: Any, kind: str, scale: int, expected: list[Any]
) -> None:
    column, found = attribute(engine, customers(values))
    assert (column.kind, column.scale, found) == (kind, scale, expected)


def test_frames_of_other_kinds_give_the_same(engine: Backend) -> None:
    frame = pd.DataFrame({"customer_id": ["a", "b"], "x": [1, None], "y": ["v", None]})
    facts = read(engine, customers=frame)
    assert facts.customer_columns["x"] == Column("x", "integer")
    assert facts.customer_columns["y"] == Column("y", "text")
    relation = duckdb.connect().sql("SELECT 'a' AS customer_id, 1.50 AS x, uuid() AS u, NULL AS n")
    facts = read(engine, customers=relation)
    assert facts.customer_columns["x"] == Column("x", "integer", 1)
    assert facts.customer_columns["u"].kind == facts.customer_columns["n"].kind == "text"


def test_only_what_is_asked_for_is_there(engine: Backend) -> None:
    frame = customers([1, 2]).with_columns(y=pl.col("x") * 0.5, z=pl.lit(float("inf")))
    facts = read(engine, customers=frame)
    assert list(facts.customer_columns) == ["x", "y", "z"]
    assert facts.customers.collect_schema().names() == ["customer_id"]
    facts.attributes.ask(["y", "x", "nothing"])
    assert facts.customers.collect_schema().names() == ["customer_id", "x", "y"]
    assert facts.customer_columns.get("nothing") is None
    with pytest.raises(DataError, match="z is infinite in rows 1, 2; allowed: finite numbers"):
        facts.attributes.ask(["z"])


def test_infinity_is_named(engine: Backend) -> None:
    with pytest.raises(DataError, match="x is infinite in row 2"):
        read(engine, measures=customers([1.0, float("-inf")]))


@pytest.mark.parametrize("number", ["1e999", "-1E+0999", "9" * 320, "1e" + "9" * 30])
@pytest.mark.parametrize("other", ["zz", "0.12345678901", None])
def test_text_beyond_any_float_is_refused(engine: Backend, number: str, other: str | None) -> None:
    with pytest.raises(DataError, match="x has a number that is out of range in row 2"):
        attribute(engine, customers(["1", f" {number}", other]))


LISTS = {
    "untrimmed": pl.Series([[" vip", "a"], [], None, ["a"]]),
    "array": pl.Series([["vip", "a"], ["b", None], None, ["a", "b"]], dtype=pl.Array(pl.String, 2)),
    "list": pl.Series([["vip", "a"], [], None, ["a"]]),
    "semicolons": pl.Series(["vip; a", " ; ", None, "a;VIP"]),
    "json": pl.Series(['["vip", "a"]', "[]", None, '["a"]']),
}


@pytest.mark.parametrize("form", LISTS)
def test_an_item_of_a_list_is_true_or_false(engine: Backend, form: str) -> None:
    column, found = attribute(engine, customers(LISTS[form], "groups"), "groups.vip")
    assert (column, found) == (Column("groups:vip", "text"), ["true", "false", None, "false"])


@pytest.mark.parametrize(
    ("values", "item"),
    [
        (pl.Series([[5, None], [], None, [6]]), "5"),
        (pl.Series([[5.0, float("inf")], [float("nan")], None, [5.5]]), "5.0"),
        (pl.Series([[True], [], None, [False]]), "true"),
        (pl.Series([["5.0"], [], None, ["x"]]), "5"),
        (pl.Series(["[5, 1e999]", "[[5]]", None, '[{"a": 5}]']), "5"),
    ],
)
def test_items_of_lists_are_compared_in_canonical_form(
    engine: Backend, values: pl.Series, item: str
) -> None:
    _, found = attribute(engine, customers(values, "groups"), f"groups.{item}")
    assert found == ["true", "false", None, "false"]


def test_lists_of_nothing_have_no_item(engine: Backend) -> None:
    frame = customers(pl.Series([[None], [], None]), "groups")
    assert attribute(engine, frame, "groups.vip")[1] == ["false", "false", None]
    assert attribute(engine, frame, "groups. ")[1] == ["false", "false", None]


def test_a_list_has_no_value_of_its_own(engine: Backend) -> None:
    facts = read(engine, customers=customers(LISTS["list"], "groups"))
    assert "groups" not in facts.customer_columns
    assert "groups.vip" in facts.customer_columns
    assert "other.vip" not in facts.customer_columns


def test_items_are_canonical() -> None:
    assert items('["e\u0301", 3.0, " b ", true, null]') == {"é", "3", "b", "true"}
    assert items("a;;b ; c") == {"a", "b", "c"}
    assert items("[a") == {"[a"}


def test_measures_are_all_there(engine: Backend) -> None:
    frame = customers([0.5, 1.0], "monetary").with_columns(
        profit=pl.Series([0.1, 1 / 3]), score=pl.Series([0.1, 1 / 3]), name=pl.Series(["1", "b"])
    )
    facts = read(engine, measures=frame)
    assert facts.measure_columns == {
        "monetary": Column("monetary", "integer", 1, money=True),
        "profit": Column("profit", "integer", 9, money=True),
        "score": Column("score", "float"),
        "name": Column("name", "text"),
    }
    assert [one.code for one in facts.diagnostics] == ["money-rounded"]
    assert facts.measures is not None
    found = sorted(engine.rows(facts.measures))
    assert found == [("000", 5, 100_000_000, 0.1, "1"), ("001", 10, 333_333_333, 1 / 3, "b")]


def test_measures_of_strangers_are_left_out(engine: Backend) -> None:
    facts = read(
        engine, customers=pl.DataFrame({"customer_id": ["001"]}), measures=customers([1, 2])
    )
    assert facts.measures is not None
    assert engine.rows(facts.measures) == [("001", 2)]
    assert [one.code for one in facts.diagnostics] == ["unknown-customer"]
