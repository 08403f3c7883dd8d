"""What adapters promise, on every engine."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import narwhals.stable.v2 as nw
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from custrata.engine.backends import Backend, backend
from custrata.engine.backends.given import Source
from custrata.engine.backends.text import WHITE_SPACE
from custrata.engine.diagnostics import DataError

ZONE = "Asia/Ho_Chi_Minh"


@pytest.fixture(params=["polars", "duckdb", "spark"])
def engine(request: pytest.FixtureRequest) -> Backend:
    if request.param == "spark":
        request.getfixturevalue("spark")
    return backend(request.param)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(DataError, match="did you mean 'polars'"):
        backend("polar")


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(DataError, match=r"pip install 'custrata\[duckdb\]'"):
        backend("duckdb")


def test_pandas_without_pyarrow_names_the_extra(
    engine: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"a": [1]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"pip install 'custrata\[pandas\]'"):
        engine.lazy(frame)


FRAMES = {
    "polars": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
    "polars lazy": pl.LazyFrame({"a": [1, 2], "b": ["x", None]}),
    "pandas": pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
    "pyarrow": pa.table({"a": [1, 2], "b": ["x", None]}),
    "narwhals": nw.from_native(pl.DataFrame({"a": [1, 2], "b": ["x", None]})),
    "source": Source("f", pl.DataFrame({"a": [1, 2], "b": ["x", None]})),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_is_read(engine: Backend, kind: str) -> None:
    rows = engine.rows(engine.lazy(FRAMES[kind]).sort("a"))
    assert rows == [(1, "x"), (2, None)]


def test_relations_of_other_connections_are_read(engine: Backend) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 1 AS a").fetchall()
    assert engine.rows(engine.lazy(connection.table("t"))) == [(1,)]
    assert engine.rows(engine.lazy(connection.sql("SELECT 2 AS a"))) == [(2,)]


def test_an_own_relation_is_computed_when_it_is_asked_for() -> None:
    ours = backend("duckdb")
    frame = ours.lazy(ours.connection.sql("SELECT 1 AS a WHERE error('computed')::BOOLEAN"))
    with pytest.raises(duckdb.Error, match="computed"):
        ours.rows(frame)


def test_what_is_no_frame_is_refused(engine: Backend) -> None:
    with pytest.raises(DataError, match=r"cannot read a builtins\.dict; allowed: a frame of"):
        engine.lazy({"a": [1]})


def test_a_pandas_column_that_mixes_types_is_refused(engine: Backend) -> None:
    with pytest.raises(DataError, match="customer_id"):
        engine.lazy(pd.DataFrame({"customer_id": pd.Series(["a", 1], dtype=object)}))


@pytest.mark.parametrize("kind", ["polars", "polars lazy", "pandas", "pyarrow"])
def test_results_go_back_as_the_kind_that_came_in(engine: Backend, kind: str) -> None:
    like = FRAMES[kind]
    back = engine.native(engine.lazy(pl.DataFrame({"c": ["v"]})), like)
    assert type(back) is type(like)
    assert nw.from_native(back).lazy().collect("polars").rows() == [("v",)]


def test_results_go_back_to_a_relation_on_its_own_connection(engine: Backend) -> None:
    connection = duckdb.connect()
    mine = connection.sql("SELECT 'v' AS c, 7 AS n")
    back = engine.native(engine.lazy(pl.DataFrame({"c": ["v"]})), mine)
    joined = mine.set_alias("l").join(back.set_alias("r"), "c")
    assert joined.fetchall() == [("v", 7)]


def test_wide_integers_reach_the_engine(engine: Backend) -> None:
    frame = pl.DataFrame({"a": [10**20]}, schema={"a": pl.Int128})
    assert engine.rows(engine.lazy(frame)) == [(10**20,)]


def test_a_table_of_python_values(engine: Backend) -> None:
    types = {"a": nw.Int64(), "b": nw.String(), "c": nw.Boolean(), "d": nw.Float64()}
    table = engine.table(
        {"a": [1, None], "b": ["x", None], "c": [True, None], "d": [0.5, None]}, types
    )
    assert sorted(engine.rows(table), key=str) == [(1, "x", True, 0.5), (None,) * 4]
    assert engine.rows(engine.table({"a": []}, {"a": nw.Int64()})) == []


def test_kept_rows_are_not_computed_again(engine: Backend, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    kept = engine.keep(engine.scan(path))
    path.unlink()
    assert engine.rows(kept) == [(1,)]


def test_pick_gives_the_value_of_a_code(engine: Backend) -> None:
    codes = engine.table({"code": [1, None, 0]}, {"code": nw.Int32()})
    picked = engine.rows(engine.pick(codes, "code", ["a", "b", None], nw.String(), "label"))
    assert sorted(picked, key=str) == [(0, "a"), (1, "b"), (None, None)]


def test_a_path_with_signs_of_a_pattern_is_that_file(engine: Backend, tmp_path: Path) -> None:
    folder = tmp_path / "year=2026"
    folder.mkdir()
    path = folder / "a[1]*?.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(path)
    pl.DataFrame({"a": [2]}).write_parquet(folder / "a1x.parquet")
    assert engine.rows(engine.lazy(path)) == [(1,)]


def test_rows_are_numbered_in_the_order_given(engine: Backend) -> None:
    numbered = engine.numbered(engine.lazy(pl.DataFrame({"a": ["z", "y", "x"]})), "row")
    assert {(row["a"], row["row"]) for row in numbered.collect("polars").iter_rows(named=True)} == {
        ("z", 0),
        ("y", 1),
        ("x", 2),
    }


def test_white_space_is_what_python_strips() -> None:
    assert set(WHITE_SPACE) == {chr(n) for n in range(sys.maxunicode + 1) if chr(n).isspace()}


def test_text_is_trimmed_and_composed(engine: Backend) -> None:
    texts = [" a ", "e\u0301\u00a0", "", "\u2003x y", "plain", None, "\n\t", "\x1cz"]
    frame = engine.numbered(engine.lazy(pl.DataFrame({"t": texts})), "row")
    trimmed = engine.rows(engine.trimmed(frame, ["t"]).sort("row").select("t"))
    assert [text for (text,) in trimmed] == ["a", "é", None, "x y", "plain", None, None, "z"]


@pytest.mark.parametrize("text", [" a", "a ", "a\n", "\u00a0a", "é", "", None])
def test_tidy_text_is_told_from_other(engine: Backend, text: str | None) -> None:
    frame = engine.lazy(
        pl.DataFrame({"t": ["a", text], "u": ["a b", "0"]}, schema_overrides={"t": pl.String})
    )
    assert engine.tidy(frame, ["t", "u"]) == {"u"}


TIMES = {
    "2026-11-21": "2026-11-21T00:00:00",
    "2026-11-21T23:30": "2026-11-21T23:30:00",
    "2026-11-21 23:30:15": "2026-11-21T23:30:15",
    "2026-11-21T23:30:15.5": "2026-11-21T23:30:15.500000",
    "2026-11-21T23:30:15.123456789": "2026-11-21T23:30:15.123456",
    "2026-11-21T23:30Z": "2026-11-22T06:30:00",
    "2026-11-21 23:30:00+07": "2026-11-21T23:30:00",
    "2026-11-21T23:30:00.25+0700": "2026-11-21T23:30:00.250000",
    "2026-11-21T23:30:00-05:30": "2026-11-22T12:00:00",
    "1969-12-31T16:00:00Z": "1970-01-01T00:00:00",
    "2026-02-30": None,
    "2026-11-21T24:00": None,
    "2026-11-21Z": None,
    "2026-11-21T23": None,
    "2026-1-2": None,
    "21.11.2026": None,
    "2026-11-21T23:30:00+25:00": None,
    "today": None,
    "": None,
}


def timed(engine: Backend, values: pl.Series) -> list[str | None]:
    frame = engine.numbered(engine.lazy(values.alias("t").to_frame()), "row")
    rows = engine.rows(
        engine.timed(frame, "t", ZONE, "day", "moment").sort("row").select("day", "moment")
    )
    assert all(moment is None or day == moment // 86_400_000_000 for day, moment in rows)
    stamps = (None if moment is None else moment / 1e6 for _, moment in rows)
    return [None if s is None else datetime.fromtimestamp(s, UTC).isoformat()[:-6] for s in stamps]


def test_text_times(engine: Backend) -> None:
    assert timed(engine, pl.Series(list(TIMES))) == list(TIMES.values())


def test_typed_times(engine: Backend) -> None:
    aware = pl.Series([datetime(2026, 11, 21, 23, 30, tzinfo=UTC)])
    local = ["2026-11-22T06:30:00"]
    assert (
        timed(engine, aware)
        == timed(engine, aware.dt.convert_time_zone("America/New_York"))
        == local
    )
    naive = aware.dt.replace_time_zone(None)
    for unit in ("ms", "us", "ns"):
        assert timed(engine, naive.dt.cast_time_unit(unit)) == ["2026-11-21T23:30:00"]
        assert timed(engine, aware.dt.cast_time_unit(unit)) == local
    assert timed(engine, pl.Series([date(1969, 12, 31), None])) == ["1969-12-31T00:00:00", None]


def test_scaled_is_exact(engine: Backend) -> None:
    frame = engine.numbered(
        engine.lazy(
            pl.DataFrame(
                {
                    "x": [0.1, 1e16, 1.5e-7, float("nan"), None, -2.5, 0.57],
                    "t": ["1", "-2.50", "1e3", "x", None, "0.000000001", "1.5E-2"],
                }
            )
        ),
        "row",
    )
    both = engine.scaled(engine.scaled(frame, "x", 9, "x9"), "t", 9, "t9").sort("row")
    found = engine.rows(both.select("x9", "t9"))
    assert [x for x, _ in found] == [10**8, 10**25, 150, None, None, -25 * 10**8, 57 * 10**7]
    assert [t for _, t in found] == [10**9, -25 * 10**8, 10**12, None, None, 1, 15 * 10**6]
