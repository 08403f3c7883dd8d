"""Reading a database: what comes out, and what is refused rather than guessed."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import create_engine, make_url

from custrata import Engine
from custrata.engine.diagnostics import DataError
from custrata.service.connect.checking import check
from custrata.service.connect.loading import parse_mapping
from custrata.service.connect.rows import _lined, _plain, fetched
from custrata.service.connect.servers import reading, understood
from custrata.service.connect.source import Crm
from custrata.store.database import Database
from tests.service.connect.places import MAPPING, fill, orders, people


def rows(crm: Crm, record: str, *columns: str) -> list[tuple]:
    return crm.frames()[record].frame.select(*columns).sort(columns[0]).rows()


def asking(url: str, **more: str) -> str:
    """An address that asks for something more of its server."""
    return make_url(url).update_query_dict(more).render_as_string(hide_password=False)


def codes(crm: Crm) -> set[str]:
    return {one.code for one in check(crm).faults}


def test_a_firm_is_read_by_the_clock_of_its_zone_in_its_currency(empty_url):
    url = fill(empty_url, {"people": people(), "orders": orders()})
    crm = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), url, "1")
    assert rows(crm, "transactions", "transaction_id", "customer_id", "amount", "currency") == [
        ("1", "1", "100.10", "USD"),
        ("2", "1", "10.00", "USD"),
        ("3", "2", "-30", "USD"),
    ]
    days = [at for _, at in rows(crm, "transactions", "transaction_id", "occurred_at")]
    assert days[:2] == [datetime(2026, 11, 1, 23, 59, 59), datetime(2026, 11, 2)]  # noqa: DTZ001
    ids = [one for (one,) in rows(crm, "customers", "customer_id")]
    assert ids == ["1", "2", "3"]


def test_a_check_tells_statuses_currencies_and_days(small):
    report = check(small.crm())
    found = report.found["transactions"]
    assert (found.rows, found.read) == (4, 3)
    assert (found.first, found.last) == (date(2026, 11, 1), date(2026, 11, 3))
    assert found.statuses["done"] == ("completed", 2)
    assert found.statuses["new"] == ("open", 1)
    assert found.currencies == {"USD": 2, "VND": 1}
    assert (report.zone, report.currency, report.removed) == ("Asia/Ho_Chi_Minh", "USD", 1)
    assert {one.code for one in report.faults} == {"duplicates-likely"}
    (alike,) = report.faults
    assert "2 pairs" in alike.message
    assert "@" not in alike.message


@pytest.mark.parametrize(
    ("answers", "warned"),
    [
        (["on", "off", None], True),
        (["no", "no", "no"], True),
        (["on", "yes", None], False),
        ([None, None, ""], False),
    ],
)
def test_where_nobody_consents_the_words_may_be_others(small, answers, warned):
    text = small.changed("phone: p.phone", "phone: p.phone, consent: p.said")
    crm = small.crm(text, people=people(said=[*answers, "yes"]))
    told = {one.code: one.message for one in check(crm).faults}
    assert ("consent-none" in told) == warned
    assert "on" not in told.get("consent-none", "").split()


@pytest.mark.parametrize(
    ("name", "warned", "refused"),
    [
        ("consent", None, 2),
        ("consnet", "consent", None),
        ("Consent", "consent", None),
        ("owner", None, None),
        ("contract", None, None),
    ],
)
def test_a_consent_that_is_misspelt_is_told_with_the_nearest(small, name, warned, refused):
    """Otherwise who refused is classified, and nothing says so."""
    text = small.changed("phone: p.phone", f"phone: p.phone, {name}: p.said")
    crm = small.crm(text, people=people(said=["yes", "no", "rather not", "no"]))
    report = check(crm)
    told = {one.nearest for one in report.faults if one.code == "column-near"}
    assert told == ({warned} if warned else set())
    assert report.refused == refused
    notes = {one.code for one in crm.frames()["customers"].notes}
    assert ("column-near" in notes) == bool(warned)


def test_phone_and_mail_beside_those_that_are_read_are_attributes(small):
    text = small.changed("phone: p.phone", "phone: p.phone, phone2: p.phone, e_mail: p.email")
    assert "column-near" not in codes(small.crm(text))


def test_a_check_looks_where_labels_would_be_written(small):
    for target, code, told in (
        ("people.sgment", "mapping-column", "did you mean 'segment'?"),
        ("people.email", "write-not-own", "is read by this mapping"),
    ):
        crm = small.crm(small.changed("people.segment", target))
        (found,) = (one for one in check(crm).faults if one.code == code)
        assert found.severity == "warning"
        assert told in str(found)
    elsewhere = small.changed("people.segment", "people.sgment").replace("via: sql", "via: rest")
    assert codes(small.crm(elsewhere)) == {"duplicates-likely"}


def test_a_column_that_is_not_there_is_told_with_the_nearest(empty_url):
    fill(empty_url, {"people": people(), "orders": orders()})
    text = MAPPING.replace("p.email", "p.emial").replace("o.total", "lower(o.totl)")
    faults = check(Crm(parse_mapping(text.encode(), "crm.yaml"), empty_url, "1")).faults
    assert [(one.code, one.nearest) for one in faults] == [
        ("mapping-column", "email"),
        ("mapping-column", None),
    ]


def test_without_the_tenant_nothing_is_read(small):
    assert "tenant-missing" in small.fails(small.crm(tenant=None))


def test_where_a_tenant_may_be_left_out_there_has_to_be_one(small):
    text = small.changed("required: true", "nullable: true")
    told = small.fails(small.crm(text, None))["tenant-missing"]
    assert "2 firms" in told
    alone = {"people": people(firm=[1] * 4), "orders": orders(firm=[1] * 5)}
    assert len(small.crm(text, None, **alone).frames()["transactions"].frame) == 4


def test_a_tenant_who_has_only_what_is_everybodys_is_not_there(small):
    """A firm mistyped would classify everybody by no sale at all."""
    text = small.changed("required: true", "nullable: true")
    shared = people(firm=[None, None, None, 2])
    assert (
        "no row is this tenant's own"
        in small.fails(small.crm(text, "3", people=shared))["tenant-unknown"]
    )
    assert len(small.crm(text, "1", people=shared).frames()["customers"].frame) == 3


def test_a_tenant_is_a_value_and_never_sql(small):
    told = small.fails(small.crm(tenant="1 or 1=1"))
    assert "tenant-unknown" in told


def test_a_tenant_without_a_column_is_refused(small):
    text = small.changed("column: firm", "column: org").replace(", tenant_id: p.firm", "")
    assert "tenant-column" in small.fails(small.crm(text))


def test_facts_that_do_not_tell_their_tenant_are_those_of_its_customers(small):
    text = MAPPING.replace("tenant_id: o.firm, ", "").replace("column: firm", "column: org")
    assert len(small.crm(text, "2").frames()["transactions"].frame) == 1


def test_an_unknown_column_is_told_at_its_place(small):
    text = small.changed("amount: o.total", "amount: o.totl")
    text = text.replace("email: p.email", "email: p.mail").replace("orders o", "orders o")
    errors = [str(one) for one in check(small.crm(text)).faults]
    assert [one.partition(" the ")[0] for one in errors] == [
        "crm.yaml:9:58 error[mapping-column] customers.columns.email:",
        "crm.yaml:16:13 error[mapping-column] transactions.columns.amount:",
    ]
    assert "totl" not in "".join(errors)


def test_an_unknown_table_and_a_wrong_condition_are_told(small):
    text = small.changed('from: "orders o"', 'from: "order_lines o"')
    text = text.replace("  removed_when", "  where: p.nothing = 1\n  removed_when")
    places = [str(one.mark) for one in check(small.crm(text)).faults]
    assert places == ["crm.yaml:10:10", "crm.yaml:14:9"]


def test_a_status_that_was_never_seen_is_an_error_with_its_count(small):
    crm = small.crm(orders=orders(state=["done", "lost", None, "lost", "done"]))
    told = small.fails(crm)["status-unmapped"]
    assert "'lost' (2)" in told
    assert "rows without one (1)" in told
    assert told.endswith('rows without one are ""')


@pytest.mark.parametrize("rate", [None, "0", "-3", "x"])
def test_a_currency_without_a_rate_is_an_error(small, rate):
    crm = small.crm(orders=orders(rate=["1", rate, "1", "1", "1"]))
    told = small.fails(crm)["currency-without-rate"]
    assert "1 amount in VND has no rate to USD" in told


def test_rates_of_the_mapping_serve_where_rows_bring_none(small):
    text = small.changed("fx: divide", "fx: multiply, rates: {VND: 0.00004}")
    text = text.replace(" fx_rate: o.rate,", "")
    assert rows(small.crm(text), "transactions", "transaction_id", "amount")[1] == ("2", "10.00")


def test_rates_are_rounded_to_the_even_neighbour_and_exact(small):
    text = small.changed("fx: divide", "fx: divide, decimals: 1")
    crm = small.crm(text, orders=orders(total=["1", "6250", "1", "1", "1"]))
    assert rows(crm, "transactions", "transaction_id", "amount")[1] == ("2", "0.2")
    assert Decimal(6250) / 25000 == Decimal("0.25")


def test_a_currency_that_is_missing_is_an_error(small):
    crm = small.crm(orders=orders(currency=["USD", None, "USD", "USD", "USD"]))
    assert "currency-missing" in small.fails(crm)


def test_the_wrong_direction_of_a_rate_is_noticed(small):
    many = {
        "id": list(range(20)),
        "firm": [1] * 20,
        "person": [1] * 20,
        "at": ["2026-11-01 10:00:00"] * 20,
        "total": ["100"] * 10 + ["2500000"] * 10,
        "currency": ["USD"] * 10 + ["VND"] * 10,
        "rate": ["1"] * 10 + ["25000"] * 10,
        "state": ["done"] * 20,
    }
    assert "rate-direction" not in codes(small.crm(orders=many))
    assert "rate-direction" in codes(
        small.crm(small.changed("fx: divide", "fx: multiply"), orders=many)
    )


def test_the_wrong_direction_is_noticed_in_a_few_rows_where_it_is_far(small):
    assert "rate-direction" in codes(small.crm(small.changed("fx: divide", "fx: multiply")))
    dear = orders(total=["100.10", "2500000000", "30", "5", "7"])
    assert "rate-direction" not in codes(small.crm(orders=dear))


def test_two_customers_with_one_key_are_refused(small):
    crm = small.crm(people=people(id=[1, 2, 2, 9]))
    assert "customer_id is there more than once: 2" in small.fails(crm)["customer-twice"]


def test_a_join_that_multiplies_orders_is_refused(small):
    text = small.changed('from: "orders o"', 'from: "orders o join people q on q.firm = 1"')
    assert (
        "transaction_id is there more than once: 1, 2, 3"
        in small.fails(small.crm(text))["record-twice"]
    )


@pytest.mark.parametrize(
    ("removed", "customers", "sales", "noted"),
    [("classify", 3, 4, False), ("skip", 2, 3, False), ("erase", 2, 3, True)],
)
def test_removed_customers_are_treated_as_is_said(small, removed, customers, sales, noted):
    text = small.changed("removed: classify", f"removed: {removed}")
    crm = small.crm(text, orders=orders(state=["done"] * 5))
    frames = crm.frames()
    assert len(frames["customers"].frame) == customers
    assert len(frames["transactions"].frame) == sales
    assert ("removed-erase" in codes(crm)) == noted
    assert check(crm).removed == 1


@pytest.mark.parametrize(("yes", "no"), [("Y", "N"), ("TRUE", "false"), ("1", "0"), ("yes", None)])
def test_removed_may_be_said_in_words(small, yes, no):
    crm = small.crm(people=people(gone=[no, yes, no, no]))
    assert rows(crm, "customers", "customer_id", "removed") == [
        ("1", False),
        ("2", True),
        ("3", False),
    ]


def test_a_word_that_does_not_say_whether_somebody_is_removed_is_refused(small):
    crm = small.crm(people=people(gone=["no", "archived", "no", "no"]))
    told = small.fails(crm)["removed-unreadable"]
    assert told.startswith("crm.yaml:10:")
    assert "1 value is neither yes nor no, such as 'archived'" in told


def test_removed_rows_of_other_records_are_left_out(small):
    text = small.changed("status_map: {done", "removed_when: o.voided\n  status_map: {done")
    crm = small.crm(text, orders=orders(voided=[True, False, False, False, False]))
    assert rows(crm, "transactions", "transaction_id") == [("2",), ("3",)]


def test_what_mariadb_keeps_where_a_date_is_missing_is_none(small):
    text = small.changed("phone: p.phone", "phone: p.phone, created_at: p.made")
    made = ["0000-00-00 00:00:00", "0000-00-00", "2026-11-01 00:00:00", None]
    crm = small.crm(text, people=people(made=made))
    days = [made and made.day for _id, made in rows(crm, "customers", "customer_id", "created_at")]
    assert days == [None, None, 1]


def test_what_is_no_time_is_not_told_to_have_an_offset(small):
    found = check(small.crm(orders=orders(at=["1700000000"] * 5))).faults
    assert [one.code for one in found if "time" in one.code] == ["time-unreadable"]


def test_pairs_come_in_one_order(small):
    def told(*order):
        turned = {name: [rows[i] for i in order] for name, rows in people().items()}
        found = check(small.crm(people=turned)).faults
        return [str(one) for one in found if one.code == "duplicates-likely"]

    assert told(0, 1, 2, 3) == told(2, 1, 0, 3)


def test_times_without_an_offset_are_refused_where_all_should_have_one(small):
    told = small.fails(small.crm(small.changed("naive_utc", "timestamptz")))
    assert "4:16 error[naive-times] transactions.occurred_at: 3 times" in told["naive-times"]


@pytest.mark.parametrize(
    ("stored", "text", "local"),
    [
        ("naive_utc", "2026-11-01T17:00", datetime(2026, 11, 2)),  # noqa: DTZ001
        ("local", "2026-11-01 17:00:00.25", datetime(2026, 11, 1, 17, 0, 0, 250000)),  # noqa: DTZ001
        ("timestamptz", "2026-11-01 17:00:00+00", datetime(2026, 11, 2)),  # noqa: DTZ001
        ("timestamptz", "2026-11-01 17:00:00.000Z", datetime(2026, 11, 2)),  # noqa: DTZ001
        ("timestamptz", "2026-11-01 12:30:00 -0530", datetime(2026, 11, 2, 1)),  # noqa: DTZ001
        ("naive_utc", "2026-11-01", date(2026, 11, 1)),
    ],
)
def test_times_are_read_as_they_are_kept(small, stored, text, local):
    crm = small.crm(small.changed("naive_utc", stored), orders=orders(at=[text] * 5))
    assert rows(crm, "transactions", "transaction_id", "occurred_at")[0][1] == local


def test_what_is_no_time_and_no_amount_is_refused(small):
    crm = small.crm(orders=orders(at=["soon"] * 5, total=["1.000,00"] * 5))
    told = small.fails(crm)
    assert "3 values are no time, such as 'soon'" in told["time-unreadable"]
    assert "3 values are no number" in told["amount-unreadable"]


def test_sales_without_a_time_or_an_amount_are_refused(small):
    nothing = [None, "2026-11-01 10:00:00", None, None, None]
    told = small.fails(small.crm(orders=orders(at=nothing, total=["1", None, "1", "1", "1"])))
    assert {"time-missing", "amount-missing"} <= told.keys()


def test_rows_without_a_customer_are_left_out_and_told(small):
    crm = small.crm(orders=orders(person=[1, None, 2, 3, 9]))
    assert len(crm.frames()["transactions"].frame) == 2
    assert "customer-missing" in codes(crm)


def test_a_check_of_an_empty_crm_says_so(small):
    empty = {name: [] for name in orders()}
    assert "no-rows" in codes(small.crm(orders=empty))


def test_a_mapping_without_a_status_is_warned_of(small):
    text = small.changed(", status: o.state", "")
    text = text.replace("  status_map: {done: completed, back: refunded, new: open}\n", "")
    assert "status-none" in codes(small.crm(text))


def test_sqlite_is_opened_for_reading_alone(small):
    crm = small.crm()
    path = Path(str(crm.url).removeprefix("sqlite:///"))
    path.chmod(0o444)
    crm.frames()
    assert not [one for one in path.parent.iterdir() if one.name.startswith(path.name + "-")]


@pytest.mark.parametrize("sql", ["DELETE FROM people", "CREATE TABLE more (id int)"])
def test_no_server_lets_a_connection_write(empty_url, sql):
    fill(empty_url, {"people": people()})
    with (
        pytest.raises(DataError) as caught,
        reading(empty_url) as connection,
        understood(what="mapping"),
    ):
        connection.exec_driver_sql(sql)
    assert caught.value.diagnostics[0].code == "mapping-writes"
    with reading(empty_url) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 4


@pytest.mark.parametrize(
    "sql",
    [
        "lo_create(0)",
        "nextval('numbers')",
        "set_config('transaction_read_only', 'off', false)",
        "dirty()",
    ],
)
def test_postgresql_refuses_what_a_mapping_would_write(postgresql, sql):
    text = MAPPING.replace("phone: p.phone", f'phone: "{sql}"')
    crm = Crm(parse_mapping(text.encode(), "crm.yaml"), postgresql, "1")
    if sql == "lo_create(0)":  # which PostgreSQL 15 lets pass, and which is rolled back
        crm.frames()
    else:
        with pytest.raises(DataError) as caught:
            crm.frames()
        assert caught.value.diagnostics[0].code in ("mapping-writes", "crm-refused")
    engine = create_engine(Database(postgresql).url)
    with engine.connect() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM people").scalar()
        large = connection.exec_driver_sql("SELECT count(*) FROM pg_largeobject_metadata").scalar()
    engine.dispose()
    assert (count, large) == (4, 0)


@pytest.fixture
def postgresql(request):
    from tests.conftest import made

    server = os.environ.get("CUSTRATA_TEST_POSTGRESQL")
    if server is None:
        pytest.skip("left out: CUSTRATA_TEST_POSTGRESQL names no server")
    with made(server, Path()) as url:
        fill(url, {"people": people(), "orders": orders()})
        engine = create_engine(Database(url).url)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE SEQUENCE numbers")
            connection.exec_driver_sql(
                "CREATE FUNCTION dirty() RETURNS text LANGUAGE sql "
                "AS 'DELETE FROM people; SELECT ''done'''"
            )
        engine.dispose()
        yield url


def test_the_session_of_another_kind_of_server_is_left_out(small):
    text = small.changed(
        "read_only: true", "dialect: postgresql, session: select set_config(:tenant)"
    )
    assert len(small.crm(text).frames()["transactions"].frame) == 3


@pytest.mark.parametrize(
    "url", [None, "sqlite:///nothing.db", "sqlite://", "oracle://x/y", "no address"]
)
def test_an_address_that_leads_nowhere_is_told(url, monkeypatch):
    monkeypatch.delenv("CRM_DSN", raising=False)
    crm = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), url, "1")
    with pytest.raises(DataError) as caught:
        crm.frames()
    assert caught.value.diagnostics[0].code in ("no-url", "file-missing", "database-address")


def test_a_library_that_is_missing_is_named(small, monkeypatch):
    crm = small.crm()
    monkeypatch.setitem(sys.modules, "sqlalchemy.engine", None)
    with pytest.raises(DataError, match=r"pip install 'custrata\[store\]'"):
        crm.frames()


def test_a_password_is_in_no_message():
    url = "postgresql://someone:sesame@127.0.0.1:1/crm"
    crm = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), url, "1")
    (found,) = check(crm).faults
    assert found.code == "crm-refused"
    assert "sesame" not in str(found)
    assert "someone" not in str(found)
    assert str(found).startswith("postgresql://127.0.0.1:1/crm ")


def test_the_address_may_come_from_the_environment(small, monkeypatch):
    crm = small.crm(small.changed("read_only: true", "url_env: THE_CRM"))
    monkeypatch.setenv("THE_CRM", str(crm.url))
    assert len(Crm(crm.mapping, None, "1").frames()["customers"].frame) == 3


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_labels_of_what_was_read(small, engine):
    rules = (
        "ruleset: 1\ncurrency: USD\nclassifiers: {v: {table: {rules: "
        '[{monetary: ">= 110", label: big}], otherwise: small}}}'
    )
    result = Engine.from_text(rules, engine=engine).run(
        as_of=datetime(2026, 11, 10, tzinfo=UTC).date(), **small.crm().frames()
    )
    labels = dict(result.labels.select("customer_id", "v").rows())
    assert labels == {"1": "big", "2": "small", "3": "small"}


def change(url: str, *statements: str) -> None:
    engine = create_engine(Database(url).url)
    with engine.begin() as connection:
        for one in statements:
            connection.exec_driver_sql(one)
    engine.dispose()


@pytest.mark.parametrize("tenant", ["1 or 1=1", "1.0", "' OR ''='", "one", "9" * 30, ""])
def test_a_tenant_is_exact_on_every_server(empty_url, tenant):
    """MariaDB compares a number with the digits that a text begins with."""
    fill(empty_url, {"people": people(), "orders": orders()})
    report = check(Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), empty_url, tenant))
    errors = [one for one in report.faults if one.severity == "error"]
    assert {one.code for one in errors} == {"tenant-unknown"}
    assert {one.mark.line for one in errors} == {6}
    assert all(found.read == 0 for found in report.found.values())


def test_a_tenant_without_its_settings_is_unknown(small):
    text = small.changed("business_tz: Asia/Ho_Chi_Minh", "business_tz_from: firms.zone")
    firms = {"id": [1], "zone": ["Asia/Ho_Chi_Minh"]}
    assert len(small.crm(text, firms=firms).frames()["transactions"].frame) == 3
    found = small.fails(small.crm(text, "3", firms=firms))
    assert "firms has no row of this tenant" in found["tenant-unknown"]


def test_an_attribute_may_have_any_name(empty_url):
    fill(empty_url, {"people": people(), "orders": orders()})
    named = {'with "quotes"': "p.id", "with `ticks`": "p.id + 1", "100 %": "p.id + 2"}
    more = "".join(f", {json.dumps(name)}: {sql}" for name, sql in named.items())
    text = MAPPING.replace("phone: p.phone", f"phone: p.phone{more}")
    crm = Crm(parse_mapping(text.encode(), "crm.yaml"), empty_url, "1")
    assert rows(crm, "customers", "customer_id", *named)[0] == ("1", "1", "2", "3")


def test_all_questions_see_one_moment(empty_url):
    """Also where a server would show what others commit meanwhile."""
    fill(empty_url, {"people": people()})
    if empty_url.startswith("sqlite"):
        change(empty_url, "PRAGMA journal_mode=WAL")
    level = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"
    mariadb = empty_url.startswith("mariadb")
    url = asking(empty_url, init_command=level) if mariadb else empty_url
    count = "SELECT count(*) AS rows_there FROM people"
    with reading(url) as connection:
        before = fetched(connection, count, None)
        change(empty_url, "INSERT INTO people (id, firm) VALUES (50, 1)")
        assert fetched(connection, count, None).rows() == before.rows() == [("4",)]
    with reading(url) as connection:
        assert fetched(connection, count, None).rows() == [("5",)]


@pytest.mark.parametrize("server", ["postgresql", "mariadb"], indirect=True)
def test_an_address_may_bound_how_long_a_statement_takes(empty_url):
    fill(empty_url, {"people": people(), "orders": orders()})
    sleep, bound, code = "pg_sleep(60)::text", {"options": "-c statement_timeout=50"}, 57014
    if empty_url.startswith("mariadb"):
        bound, code = {"init_command": "SET max_statement_time=0.05"}, 1969
        sleep = "(select count(*) from seq_1_to_1000000000 where seq <> p.id)"
    text = MAPPING.replace("phone: p.phone", f'phone: "{sleep}"')
    with pytest.raises(DataError, match=f"customers: the database refused with {code}"):
        Crm(parse_mapping(text.encode(), "crm.yaml"), asking(empty_url, **bound), "1").frames()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (pymysql.err.OperationalError(1142, "SELECT command denied to user"), "crm-denied"),
        (pymysql.err.OperationalError(1227, "Access denied; you need"), "crm-denied"),
        (pymysql.err.OperationalError(1698, "Access denied for user 'root'"), "crm-denied"),
        (pymysql.err.IntegrityError(1062, "Duplicate entry '1146' for key"), "crm-refused"),
        (pymysql.err.ProgrammingError(1146, "Table 'x' doesn't exist"), "mapping-column"),
        (pymysql.err.DataError(1406, "Data too long for column 'x'"), "value-too-long"),
    ],
)
def test_an_error_is_known_by_its_code_and_not_by_its_words(error, code):
    with pytest.raises(DataError) as caught, understood(what="customers"):
        raise error
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_what_a_status_of_nothing_means_may_be_said(small):
    """It is not lost between the table of the check and the rows."""
    text = small.changed("new: open}", 'new: open, "": completed}')
    crm = small.crm(text, orders=orders(state=["", None, "back", "new", "done"]))
    found = check(crm).found["transactions"]
    assert (found.statuses[""], found.read) == (("completed", 2), 3)


@pytest.mark.parametrize("server", ["postgresql", "mariadb"], indirect=True)
def test_floats_are_numbers_however_large(empty_url):
    fill(empty_url, {"people": people(), "orders": orders()})
    made = "ALTER COLUMN total TYPE double precision USING total::float8"
    if empty_url.startswith("mariadb"):
        made = "MODIFY total double"
    change(
        empty_url,
        f"ALTER TABLE orders {made}",
        "UPDATE orders SET total = 1e17 WHERE id = 1",
        "UPDATE orders SET total = 1e-7 WHERE id = 3",
    )
    crm = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), empty_url, "1")
    assert rows(crm, "transactions", "transaction_id", "amount") == [
        ("1", "100000000000000000"),
        ("2", "10.00"),
        ("3", "-0.0000001"),
    ]


ODD = [
    *("plain", "", None, 'a"b', "a,b", "line\nline", "back\\slash", "it''s", "Phở 🍜", "  padded "),
    *('{"a": 1}', "100% :tenant", "\r\n"),
]


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_lines_of_mariadb_hold_what_its_driver_gives(empty_url):
    url = fill(
        empty_url,
        {
            "odd": {
                "id": [*range(len(ODD))],
                "words": ODD,
                "at": [datetime(2026, 11, 1, 17, 30)] * len(ODD),  # noqa: DTZ001
                "day": [date(2026, 11, 1)] * len(ODD),
                "amount": [0.1] * len(ODD),
                "yes": [True, None] + [False] * (len(ODD) - 2),
            }
        },
    )
    change(url, "ALTER TABLE odd ADD size double", "UPDATE odd SET size = 0.1 + id * 1e14")
    sql = "SELECT * FROM odd WHERE words IS NULL OR words <> ':tenant' ORDER BY id"
    with reading(url) as connection:
        lines, cells = _lined(connection, sql, None), _plain(connection, sql, None)
    assert lines.rows() == cells.rows()
    assert lines["words"].to_list() == ODD


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_row_too_long_for_a_line_of_mariadb_comes_cell_by_cell(empty_url):
    half = "REPEAT('x', @@max_allowed_packet DIV 2)"
    with reading(empty_url) as connection:
        found = fetched(connection, f"SELECT {half} AS a, {half} AS b, 7 AS c", None)
    assert found["c"].to_list() == ["7"]
    assert found["a"].str.len_chars().item() == found["b"].str.len_chars().item() > 1_000_000


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_a_bit_tells_who_is_removed(empty_url):
    url = fill(empty_url, {"people": people(), "orders": orders()})
    change(url, "ALTER TABLE people MODIFY gone bit(1)")
    crm = Crm(parse_mapping(MAPPING.encode(), "crm.yaml"), url, "1")
    assert rows(crm, "customers", "customer_id", "removed") == [
        ("1", False),
        ("2", False),
        ("3", True),
    ]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"person": [None, 1, 2, 3, 9]}, "1 row names no customer, and is left out"),
        ({"person": [None, None, 2, 3, 9]}, "2 rows name no customer, and are left out"),
        ({"at": [None] + ["2026-11-01"] * 4}, "1 row does not say when it was"),
        ({"at": [None] * 2 + ["2026-11-01"] * 3}, "2 rows do not say when they were"),
        ({"at": ["soon"] + ["2026-11-01 10:00:00"] * 4}, "1 value is no time, such as 'soon'"),
        ({"at": ["2026-11-01 10:00:00Z"] + ["2026-11-01"] * 4}, "1 time has an offset, and was"),
        ({"total": ["x", "1", "1", "1", "1"]}, "1 value is no number, such as 'x'"),
        ({"total": [None, "1", "1", "1", "1"]}, "1 row has no amount"),
        ({"currency": [None] + ["USD"] * 4}, "1 row has no currency"),
        ({"rate": ["1", None, "1", "1", "1"]}, "1 amount in VND has no rate to USD"),
        ({"person": [7, 1, 2, 3, 9]}, "1 of 3 rows is not of a customer who is read"),
        ({"person": [7, 7, 2, 3, 9]}, "2 of 3 rows are not of a customer who is read"),
    ],
)
def test_one_is_told_as_one_and_more_as_more(small, columns, told):
    assert told in "\n".join(str(one) for one in check(small.crm(orders=orders(**columns))).faults)


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("", "1 customer is removed, and is classified"),
        ("  removed: erase\n", "1 removed customer is left out"),
    ],
)
def test_one_customer_who_is_removed_is_told_as_one(small, new, told):
    crm = small.crm(small.changed("  removed: classify\n", new))
    assert told in "\n".join(str(one) for one in check(crm).faults)


@pytest.mark.parametrize("stored", ["naive_utc", "timestamptz", "local"])
@pytest.mark.parametrize("text", ["2026-11-01 10:00:00+99:99", "2026-11-01 10:00:60"])
def test_a_time_that_no_clock_and_no_zone_has_is_not_read(small, stored, text):
    """The others are as the mapping says."""
    offset = "Z" if stored == "timestamptz" else ""
    at = [text + ("" if "+" in text else offset), *[f"2026-11-01 10:00:00{offset}"] * 4]
    crm = small.crm(small.changed("stored: naive_utc", f"stored: {stored}"), orders=orders(at=at))
    told = small.fails(crm)
    assert list(told) == ["time-unreadable"]
    assert "1 value is no time" in told["time-unreadable"]
