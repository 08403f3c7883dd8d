"""A disk that is full, a server that goes away, many who write at once."""

import threading

import pytest
from sqlalchemy import create_engine, event, func, select, text

from custrata.service.desk import Desk
from custrata.service.runs import reclassify, run
from custrata.store.database import Database
from custrata.store.faults import StoreError
from custrata.store.models import Base, Contact, Customer, LabelNow
from custrata.store.sequence import take
from tests.service.runs.putting import at, contact, customer, fresh, put, rules, sale

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers: {stale_contact: {}, pareto: {}}\n"
NAMES = [f"c{number:04}" for number in range(300)]
ENDS = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "mariadb": "SELECT id FROM information_schema.processlist "
    "WHERE db = database() AND id <> connection_id()",
}


def on(*kinds):
    """Only on these kinds of databases: the others have no such fault."""
    return pytest.mark.parametrize("server", kinds, indirect=True, scope="session")


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(desk, *(customer(name, "hot", "2026-01-01") for name in NAMES))
    put(desk, *(contact(name, "2026-10-01") for name in NAMES))
    put(desk, *(sale(name, "2026-10-01", number) for number, name in enumerate(NAMES)))
    return desk


def state(database):
    tables = [one for one in Base.metadata.sorted_tables if one.name not in ("runs", "counters")]
    with database.engine.connect() as connection:
        return {one.name: connection.execute(select(*one.c)).all() for one in tables}


def cut_off(url):
    """End every other connection to a database, as a server that restarts does."""
    engine = create_engine(Database(url).url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        found = connection.execute(text(ENDS[engine.dialect.name])).scalars().all()
        if engine.dialect.name == "mariadb":
            for number in found:
                connection.execute(text(f"KILL {number}"))
    engine.dispose()


@on("sqlite")
def test_a_full_disk_undoes_a_run(desk):
    before = state(desk.database)

    def fill(connection, _record, _proxy=None):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 3}")

    event.listen(desk.database.engine, "checkout", fill)
    desk.database.close()
    with pytest.raises(StoreError, match="the disk of the database is full"):
        run(desk)
    event.remove(desk.database.engine, "checkout", fill)
    desk.database.close()
    assert state(desk.database) == before
    assert run(desk).customers == len(NAMES)


@on("postgresql", "mariadb")
@pytest.mark.parametrize("moment", ["transactions", "label_history"])
def test_a_server_that_goes_away_undoes_a_run(desk, url, moment):
    before = state(desk.database)
    left = [moment]

    def cut(_connection, _cursor, statement, *_rest):
        if left and left[0] in statement:
            left.clear()
            cut_off(url)

    event.listen(desk.database.engine, "before_cursor_execute", cut)
    with pytest.raises(StoreError, match=r"does not answer|lost its hold"):
        run(desk)
    event.remove(desk.database.engine, "before_cursor_execute", cut)
    assert left == []
    assert state(desk.database) == before
    assert run(desk).customers == len(NAMES)


def test_many_who_write_at_once_lose_nothing(desk, url):
    run(desk)
    faults = []

    def call(number):
        own = Desk(Database(url), f"person{number}", desk.clock)
        try:
            for name in NAMES[number::40]:
                with own.database.write() as session:
                    reach(session, own, name)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test fails
            faults.append(error)
        own.database.close()

    def reach(session, own, name):
        number = take(session)
        session.add(Contact(customer_id=name, occurred_at=at("2026-11-20"), **fresh()))
        session.get_one(Customer, name).fact_seq = number
        session.flush()
        reclassify(session, own, [name])

    threads = [threading.Thread(target=call, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    run(desk)
    for thread in threads:
        thread.join()
    assert faults == []
    called = {name for number in range(4) for name in NAMES[number::40]}
    with desk.database.read() as session:
        query = select(LabelNow.customer_id).where(LabelNow.label == "in_touch")
        assert set(session.scalars(query)) == called
        contacts = session.scalar(select(func.count()).select_from(Contact))
        assert contacts == len(NAMES) + len(called)
    assert run(desk, recalibrate=False).changed == 0
