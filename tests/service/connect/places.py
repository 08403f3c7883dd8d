"""CRMs for tests: the tables of real ones where they are, and small ones made by hand."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Integer, Numeric, String

from custrata.store.database import Database
from tests.conftest import made

BESIDE = Path(__file__).parents[4] / "shared/data/crm_fixtures"
SHARED = Path(os.environ.get("CUSTRATA_TEST_CRMS", BESIDE))
ALPHA, BETA = "e2c7504a-5616-4e46-b464-4d48d64c38ff", "0ceed473-74d8-4f81-85bd-05d602cd252e"


def shared(name: str) -> Path:
    """A file of the CRMs' tables."""
    path = SHARED / name
    if not path.exists():
        if os.environ.get("CUSTRATA_TEST_ALL"):
            pytest.fail(f"{path} is missing, and nothing may be left out")
        pytest.skip(f"left out: {path} is missing")
    return path


def truth() -> dict[str, dict]:
    """What is expected of every customer, by `external_ref`."""
    return json.loads(shared("truth.json").read_text())["customers"]


@contextmanager
def on_postgresql(name: str) -> Iterator[str]:
    """The address of a PostgreSQL that holds a SQLite file's rows, in the CRM's own types."""
    server = os.environ.get("CUSTRATA_TEST_POSTGRESQL")
    if server is None:
        pytest.skip("left out: CUSTRATA_TEST_POSTGRESQL names no server")
    with made(server, Path()) as url:
        load(shared(f"{name}.sqlite"), shared(f"{name}.columns.txt"), url)
        yield url


def load(file: Path, columns: Path, url: str) -> None:
    """Every table of a SQLite file, with the types of a list of columns."""
    kinds: dict[str, dict[str, str]] = {}
    for line in columns.read_text().splitlines():
        place, kind = line.split(None, 1)
        table, column = place.split(".")
        kinds.setdefault(table, {})[column] = re.match(r"\('([^']+)'", kind)[1]
    source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    engine = create_engine(Database(url).url)
    with engine.begin() as connection:
        for table, types in kinds.items():
            spelt = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
            connection.exec_driver_sql(f'CREATE TABLE "{table}" ({spelt})')
            names = ", ".join(f'"{name}"' for name in types)
            places = ", ".join(
                f"%s::text::{kind}" if kind != "boolean" else "%s::text::int::boolean"
                for kind in types.values()
            )
            rows = source.execute(f'SELECT {names} FROM "{table}"').fetchall()
            if rows:
                connection.exec_driver_sql(
                    f'INSERT INTO "{table}" ({names}) VALUES ({places})', rows
                )
    engine.dispose()
    source.close()


def fill(url: str, tables: Mapping[str, Mapping[str, list]]) -> str:
    """Make tables of columns and rows; a column's type is that of its first value."""
    engine = create_engine(Database(url).url)
    known = MetaData()
    with engine.begin() as connection:
        for name, columns in tables.items():
            table = Table(name, known, *(Column(one, _type(rows)) for one, rows in columns.items()))
            table.create(connection)
            rows = [
                dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
            ]
            if rows:
                connection.execute(insert(table), rows)
    engine.dispose()
    return url


def _type(rows: list):
    value = next((row for row in rows if row is not None), "")
    kinds = {bool: Boolean(), int: Integer(), float: Numeric(20, 8), dict: JSON()}
    if type(value) in kinds:
        return kinds[type(value)]
    if type(value).__name__ == "datetime":
        return DateTime(timezone=value.tzinfo is not None)
    return Date() if type(value).__name__ == "date" else String(100)


MAPPING = """\
mapping_version: 1
crm: small
connection: {kind: sql, read_only: true}
time: {stored: naive_utc, business_tz: Asia/Ho_Chi_Minh}
money: {reporting_currency: USD, fx: divide}
tenant: {column: firm, required: true}
customers:
  from: "people p"
  columns: {customer_id: p.id, tenant_id: p.firm, email: p.email, phone: p.phone}
  removed_when: p.gone
  removed: classify
transactions:
  from: "orders o"
  columns:
    {transaction_id: o.id, tenant_id: o.firm, customer_id: o.person, occurred_at: o.at,
    amount: o.total, currency: o.currency, fx_rate: o.rate, status: o.state}
  status_map: {done: completed, back: refunded, new: open}
write_back:
  - {output: rfm, target: people.segment, as: field, via: sql, key: id}
"""


def people(**columns: list) -> dict[str, list]:
    """Three customers of firm 1, one of firm 2."""
    return {
        "id": [1, 2, 3, 9],
        "firm": [1, 1, 1, 2],
        "email": ["an@example.com", "B@example.com", "b@EXAMPLE.com", "z@example.com"],
        "phone": ["0910 000 001", "+84910000001", None, None],
        "gone": [False, False, True, False],
        "segment": [None, "old", None, "theirs"],
        **columns,
    }


def orders(**columns: list) -> dict[str, list]:
    """Four orders of firm 1, one of firm 2."""
    return {
        "id": [1, 2, 3, 4, 9],
        "firm": [1, 1, 1, 1, 2],
        "person": [1, 1, 2, 3, 9],
        "at": [
            *("2026-11-01 16:59:59", "2026-11-01 17:00:00", "2026-11-03 00:00:00"),
            *("2026-11-04 12:30:00", "2026-11-05 00:00:00"),
        ],
        "total": ["100.10", "250000", "30", "5", "7"],
        "currency": ["USD", "VND", "USD", "USD", "USD"],
        "rate": ["1", "25000", "1", "1", "1"],
        "state": ["done", "done", "back", "new", "done"],
        **columns,
    }
