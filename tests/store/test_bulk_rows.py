"""Rows in bulk, in and out, are the rows that the models write and read."""

import sqlite3
from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, delete, exists, func, literal, literal_column, null, select
from sqlalchemy.exc import IntegrityError

from custrata.store import bulk
from custrata.store.faults import StoreError
from custrata.store.models import Contact, Customer, RulesetVersion, Run, RunChunk, Source, Stage

NASTY = [
    "",
    " ",
    " a ",
    "a,b",
    '"',
    '""',
    "'",
    "''",
    "\\",
    "\\\\",
    "\\N",
    "\\.",
    "\\x41",
    "a\nb",
    "a\r\nb\r",
    "\n",
    "\t",
    "%",
    "%s %(name)s %%",
    ":name ?",
    "NULL",
    "null",
    "[1]",
    '{"a": 1}',
    "true",
    "1",
    "1.0",
    "#",
    "x'41'",
    "Nguyễn Đặng 客戶 🎉",
    "e\u0301",
    "\u2028",
    "\ufeff",
    "a" * 255,
]
DIGEST = bytes(range(240, 256))
MOMENT = datetime(2026, 11, 21, 5, 0, 0, 123456, UTC)
MICROSECONDS = 1795237200123456


def contact(number: int, **more) -> dict:
    key = number.to_bytes(16, "big")
    return {"customer_id": f"c{number}", "key": key, "recorded_at": 0, "occurred_at": 0, **more}


def write(database, table, rows) -> None:
    with database.write() as session:
        bulk.insert(session.connection(), table.__table__, pl.DataFrame(rows))


def frame(database, query) -> pl.DataFrame:
    with database.snapshot() as snapshot:
        return snapshot.frame(query)


def test_every_text_survives_in_and_out(database):
    texts = [*NASTY, None]
    rows = [contact(number, note=text) for number, text in enumerate(texts)]
    write(database, Contact, rows)
    with database.read() as session:
        assert session.scalars(select(Contact.note).order_by(Contact.key)).all() == texts
    query = select(Contact.note, Contact.customer_id).order_by(Contact.key)
    assert frame(database, query)["note"].to_list() == texts
    assert frame(database, query.with_only_columns(Contact.note))["note"].to_list() == texts


def test_a_text_in_a_query_finds_itself_alone(database):
    write(database, Contact, [contact(n, note=text) for n, text in enumerate(NASTY)])
    with database.snapshot() as snapshot:
        for text in NASTY:
            assert snapshot.value(select(Contact.note).where(Contact.note == text)) == text
        found = snapshot.frame(select(Contact.note).where(Contact.note.in_(NASTY)))
        assert sorted(found["note"]) == sorted(NASTY)
        assert snapshot.value(select(literal("50%'\\\"")).select_from(Stage)) == "50%'\\\""
        assert snapshot.value(select(literal_column("'50%'")).select_from(Stage)) == "50%"
        starts = snapshot.frame(select(Contact.note).where(Contact.note.like("\\%%", escape="|")))
        assert set(starts["note"]) == {one for one in NASTY if one.startswith("\\")}


def test_columns_are_typed_by_the_query_whatever_the_rows_hold(database):
    query = select(
        Customer.customer_id,
        Customer.name,
        Customer.created_at,
        Customer.birth_date,
        Customer.consent,
        Customer.attributes,
        Customer.fact_seq,
        Contact.key,
        func.count().over().label("number"),
        (Customer.fact_seq > 0).label("some"),
        exists().where(Stage.code == "new").label("there"),
        null().label("nothing"),
        literal("text"),
    ).outerjoin(Contact, Contact.customer_id == Customer.customer_id)
    types = {
        "customer_id": pl.String,
        "name": pl.String,
        "created_at": pl.Int64,
        "birth_date": pl.Int64,
        "consent": pl.Boolean,
        "attributes": pl.String,
        "fact_seq": pl.Int64,
        "key": pl.Binary,
        "number": pl.Int64,
        "some": pl.Boolean,
        "there": pl.Boolean,
        "nothing": pl.String,
        "column_12": pl.String,
    }
    assert frame(database, query).schema == types
    with database.write() as session:
        session.add(Customer(customer_id="a", fact_seq=0))
    empty = frame(database, query)
    assert empty.schema == types
    assert empty.row(0) == ("a", *[None] * 5, 0, None, 1, False, True, None, "text")
    with database.write() as session:
        session.add(
            Customer(
                customer_id="b",
                name="",
                created_at=MOMENT,
                birth_date=date(1969, 12, 31),
                consent=False,
                attributes={"k": [1, None, 'é"']},
                fact_seq=2**62,
            )
        )
        session.add(Contact(customer_id="b", key=DIGEST, recorded_at=MOMENT, occurred_at=MOMENT))
    full = frame(database, query.order_by(Customer.customer_id))
    assert full.schema == types
    held = ("b", "", MICROSECONDS, -1, False, '{"k": [1, null, "\\u00e9\\""]}', 2**62, DIGEST)
    assert full.row(1) == (*held, 2, True, True, None, "text")


def test_what_bulk_wrote_the_models_read(database):
    write(
        database,
        Customer,
        {
            "customer_id": ["a", "b", "c"],
            "created_at": [MICROSECONDS, -1, None],
            "birth_date": [0, -1, None],
            "consent": [True, False, None],
            "attributes": ['{"k": "é\\n"}', "{}", None],
            "fact_seq": [2**62, -1, 0],
        },
    )
    write(database, Contact, [contact(1, key=DIGEST, outcome=None)])
    with database.read() as session:
        one, two, three = session.scalars(select(Customer).order_by(Customer.customer_id))
        assert session.scalar(select(Contact.key)) == DIGEST
    assert (one.created_at, one.birth_date, one.consent) == (MOMENT, date(1970, 1, 1), True)
    assert (one.attributes, one.fact_seq) == ({"k": "é\n"}, 2**62)
    assert (two.birth_date, two.consent, two.attributes) == (date(1969, 12, 31), False, {})
    assert (three.created_at, three.consent, three.attributes) == (None, None, None)


def test_floats_and_whole_files_survive(database):
    data = bytes(range(256)) * 5_000
    with database.write() as session:
        version = session.scalar(select(RulesetVersion.number))
        given = {"kind": "full", "state": "landed", "plugins": {}, "by": "an", "watermark": 0}
        session.add(Run(id=1, as_of=MOMENT.date(), version=version, started_at=MOMENT, **given))
        session.flush()
        session.add(RunChunk(run_id=1, number=1, first_customer="", last_customer="", data=data))
    assert frame(database, select(RunChunk.data, RunChunk.number)).row(0) == (data, 1)
    third = literal(1.0) / literal(3.0)
    assert frame(database, select(third)).item() == 1 / 3


def test_reading_keeps_the_order_and_sees_the_transaction(database):
    with database.write() as session:
        names = [f"s{number:03}" for number in range(300)]
        session.add_all(Source(code=one, name=one, active=True) for one in names)
        session.flush()
        query = select(Source.code).order_by(Source.code.desc())
        read = bulk.read(session.connection(), query)
        assert read["code"].to_list() == names[::-1]
        assert bulk.read(session.connection(), query.limit(3).offset(1))["code"][0] == "s298"
        named = select(Source.code.label("it"), Source.name).order_by("it").limit(1)
        assert bulk.read(session.connection(), named).row(0) == ("s000", "s000")


def test_what_is_too_long_for_the_fast_way_is_read_all_the_same(database):
    write(database, Contact, [contact(number) for number in range(3)])
    with database.write() as session:
        connection = session.connection()
        tail, length = func.repeat("x", 9_000_000, type_=String), 9_000_002
        if database.dialect == "sqlite":
            connection.connection.driver_connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2_000)
            tail, length = literal("x" * 900), 902
        long = Contact.customer_id + tail
        query = select(long.label("one"), long.label("two")).order_by(Contact.customer_id)
        read = bulk.read(connection, query)
    assert read["two"].str.len_chars().to_list() == [length] * 3


def test_a_row_too_large_for_mariadb_is_refused_with_a_reason(database):
    if database.dialect != "mariadb":
        pytest.skip("the others take it")
    with pytest.raises(StoreError, match=r"value-too-large.*max_allowed_packet"):
        write(database, Contact, [contact(1), contact(2, note="x" * 17_000_000)])
    assert frame(database, select(Contact.note)).is_empty()


def test_an_empty_frame_and_an_empty_table_are_fine(database):
    with database.write() as session:
        session.execute(delete(Source))
        bulk.insert(session.connection(), Source.__table__, pl.DataFrame({"code": []}))
    assert frame(database, select(Source.code, Source.active)).shape == (0, 2)


def test_a_row_that_stands_there_already_is_an_integrity_error_and_nothing_stays(database):
    write(database, Contact, [contact(1)])
    with pytest.raises(IntegrityError), database.write() as session:
        bulk.insert(session.connection(), Contact.__table__, pl.DataFrame([contact(2), contact(1)]))
    assert frame(database, select(Contact.customer_id))["customer_id"].to_list() == ["c1"]


cells = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))


@given(st.lists(st.tuples(cells, cells, st.none() | st.integers(-(2**63), 2**63 - 1)), min_size=1))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_rows_survive(database, rows):
    if database.dialect == "postgresql":
        rows = [tuple(v.replace("\0", "") if isinstance(v, str) else v for v in r) for r in rows]
    held = [
        contact(number, note=one, outcome=two, import_id=None) | {"recorded_at": three or 0}
        for number, (one, two, three) in enumerate(rows)
    ]
    with database.write() as session:
        session.execute(delete(Contact))
        schema = {"note": pl.String, "outcome": pl.String, "import_id": pl.Int64}
        bulk.insert(
            session.connection(), Contact.__table__, pl.DataFrame(held, schema_overrides=schema)
        )
        query = select(Contact.note, Contact.outcome, Contact.recorded_at).order_by(Contact.key)
        read = bulk.read(session.connection(), query)
    assert read.rows() == [(one, two, three or 0) for one, two, three in rows]
