"""`custrata db`."""

import pytest
from sqlalchemy import text

from custrata.store import migrate
from custrata.store.database import Database


def test_an_empty_database_is_brought_up_to_date_once(place):
    head = migrate.head()
    before = place.run("db", "current")
    assert before.exit_code == 1
    assert before.output == f"the database is at revision none, this program needs {head}\n"
    assert place.run("db", "upgrade").output == f"upgraded: from no tables to revision {head}\n"
    assert place.run("db", "upgrade").output == (
        f"nothing to do: the database is at revision {head}\n"
    )
    after = place.run("db", "current")
    assert (after.exit_code, after.output) == (
        0,
        f"the database is at revision {head}, this program needs {head}\n",
    )
    assert (place / "custrata.db").exists()


@pytest.mark.parametrize("command", ["upgrade", "current"])
def test_an_address_that_is_none_is_refused_without_its_password(place, command):
    shown = place.run("db", command, "--database", "oracle://an:secret@host/crm")
    assert shown.exit_code == 1
    assert "databases of the kind 'oracle' are not supported" in shown.stderr
    assert "secret" not in shown.output


def test_a_database_of_a_newer_program_stays_as_it_is(place):
    url = f"sqlite:///{place / 'custrata.db'}"
    place.run("db", "upgrade")
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    shown = place.run("db", "upgrade")
    assert shown.exit_code == 1
    assert "revision 9999, which this program does not know" in shown.stderr
