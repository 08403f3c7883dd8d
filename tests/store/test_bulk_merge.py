"""Merging frames into tables."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from custrata.store import bulk
from custrata.store.bulk import Merged
from custrata.store.models import Customer, Treatment

TABLE = Customer.__table__
COLUMNS = ("name", "consent", "birth_date", "attributes")
SCHEMA = {
    "customer_id": pl.String,
    "name": pl.String,
    "consent": pl.Boolean,
    "birth_date": pl.Int64,
    "attributes": pl.String,
    "fact_seq": pl.Int64,
}


def merge(database, rows, compared=None, columns=COLUMNS) -> Merged:
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    with database.write() as session:
        chosen = frame.select("customer_id", *columns, "fact_seq")
        return bulk.merge(session.connection(), TABLE, chosen, ["customer_id"], compared)


def held(database) -> dict:
    query = select(TABLE.c["customer_id", *COLUMNS]).order_by(TABLE.c.customer_id)
    with database.snapshot() as snapshot:
        return {row[0]: row[1:] for row in snapshot.frame(query).iter_rows()}


ids = st.sampled_from(["", "a", "A", "a ", "á", "b"])
rows = st.tuples(
    st.sampled_from([None, "", "x", "X", "x "]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, 0, -1]),
    st.sampled_from([None, "{}", '{"k": 1}']),
)
frames = st.dictionaries(ids, rows)


@given(frames, frames, st.none() | st.lists(st.sampled_from(COLUMNS), unique=True))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_merge_inserts_what_is_new_and_updates_what_differs(database, before, given, compared):
    with database.write() as session:
        session.execute(delete(Customer))
    merge(database, [(key, *row, 1) for key, row in before.items()])
    found = merge(database, [(key, *row, 2) for key, row in given.items()], compared)

    places = [COLUMNS.index(one) for one in (COLUMNS if compared is None else compared)]
    new = given.keys() - before.keys()
    differ = {
        key
        for key in given.keys() & before.keys()
        if any(given[key][place] != before[key][place] for place in places)
        or (compared is None)  # fact_seq differs always
    }
    assert found == Merged(len(new), len(differ), len(given) - len(new) - len(differ))
    assert held(database) == before | {key: given[key] for key in new | differ}


def test_what_stands_there_is_the_same_and_columns_that_are_absent_stay(database):
    row = ("a", "An", True, 3, '{"k": null}', 1)
    assert merge(database, [row]) == Merged(1, 0, 0)
    assert merge(database, [row]) == Merged(0, 0, 1)
    assert merge(database, [("a", *[None] * 4, 2)], columns=("name",)) == Merged(0, 1, 0)
    assert held(database) == {"a": (None, True, 3, '{"k": null}')}
    assert merge(database, []) == Merged(0, 0, 0)


def test_keys_may_be_several_columns(database):
    def merged(*rows) -> Merged:
        frame = pl.DataFrame(
            [(*row, "an", 0) for row in rows],
            schema=["classifier", "label", "offer", "by", "at"],
            orient="row",
        )
        with database.write() as session:
            keys = ["classifier", "label"]
            return bulk.merge(session.connection(), Treatment.__table__, frame, keys)

    assert merged(("rfm", "a", "x"), ("rfm", "b", "y"), ("map", "a", "z")) == Merged(3, 0, 0)
    assert merged(("rfm", "a", "x"), ("map", "b", "y"), ("map", "a", "y")) == Merged(1, 1, 1)


def test_the_temporary_table_goes_away_with_the_transaction(database):
    frame = pl.DataFrame({"customer_id": ["a"], "fact_seq": [0]})
    with database.write() as session:
        given = bulk.staged(session.connection(), TABLE, frame)
        assert bulk.read(session.connection(), select(given)).rows() == [("a", 0)]
    with pytest.raises(DBAPIError), database.engine.connect() as connection:
        connection.execute(select(given))
