"""REST on a dozen customers, and programs with tokens of every role."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from custrata.api import PREFIX, create_app
from custrata.service.desk import Desk
from custrata.service.imports.batch import take_rows
from custrata.service.people.tokens import make_token
from custrata.service.registers.groups import add_group
from custrata.service.registers.members import put_in
from custrata.service.runs import run
from custrata.service.setup import open_store
from tests.conftest import Clock

IDS = [f"KH{number:05}" for number in range(1, 13)]
_FIRST = datetime(2026, 1, 5, 3, tzinfo=UTC)
RECORDS = {
    "customers": [
        {
            "customer_id": who,
            "name": f"Khách {number}",
            "stage": "hot" if number % 3 == 0 else "new",
            "source": "facebook",
            "created_at": _FIRST,
        }
        for number, who in enumerate(IDS)
    ],
    "transactions": [
        {
            "customer_id": who,
            "transaction_id": f"{who}-{time}",
            "occurred_at": _FIRST + timedelta(days=25 * number + 3 * time),
            "amount": Decimal(100_000 * (1 + number) ** 2),
            "currency": "VND",
        }
        for number, who in enumerate(IDS)
        for time in range(1 + number % 5)
    ],
    "contacts": [
        {"customer_id": who, "occurred_at": _FIRST + timedelta(days=20 * number)}
        for number, who in enumerate(IDS)
    ],
}
"""What is known of them: the later the number, the more, and the more lately, she bought."""


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Path:
    """A store as new."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    open_store(f"sqlite:///{path}").database.close()
    return path


@pytest.fixture(scope="session")
def stocked(empty, tmp_path_factory) -> Path:
    """A store with a dozen customers, KH00001 to KH00012, who were classified twice."""
    path, clock = tmp_path_factory.mktemp("rest") / "store.db", Clock()
    shutil.copyfile(empty, path)
    desk, now = open_store(f"sqlite:///{path}", "an", clock), clock.moment
    clock.forward(days=-7)
    for record, rows in RECORDS.items():
        done = take_rows(desk, record, dict(enumerate(rows)))
        assert {one.state for one in done.outcomes} == {"inserted"}
    put_in(desk, add_group(desk, "VIP"), IDS[:3])
    run(desk)
    clock.moment = now
    run(desk)
    desk.database.close()
    return path


@pytest.fixture(scope="session")
def seen(stocked, tmp_path_factory) -> Iterator[Rest]:
    """REST that tests only look at."""
    with copied(stocked, tmp_path_factory.mktemp("seen")) as rest:
        yield rest


@pytest.fixture
def rest(stocked, tmp_path) -> Iterator[Rest]:
    """REST on a store of one's own."""
    with copied(stocked, tmp_path) as rest:
        yield rest


@pytest.fixture
def bare(empty, tmp_path) -> Iterator[Rest]:
    """REST on a store in which nothing happened yet."""
    with copied(empty, tmp_path) as rest:
        yield rest


@contextmanager
def copied(template: Path, folder: Path) -> Iterator[Rest]:
    shutil.copyfile(template, folder / "store.db")
    with opened(folder / "store.db") as rest:
        yield rest


@contextmanager
def opened(path: Path) -> Iterator[Rest]:
    clock = Clock()
    desk = open_store(f"sqlite:///{path}", "an", clock)
    try:
        yield Rest(desk, clock)
    finally:
        desk.database.close()


class _Tokens(dict[str, str]):
    """A token of each role, made when it is first asked for."""

    def __init__(self, desk: Desk):
        self.desk = desk

    def __missing__(self, role: str) -> str:
        self[role] = make_token(self.desk, role, role).text
        return self[role]


class Rest:
    """The application, and programs that ask it."""

    def __init__(self, desk: Desk, clock: Clock):
        self.desk = desk
        self.clock = clock
        self.app = create_app(desk, RATELIMIT_ENABLED=False)
        self.http = self.app.test_client()
        self.tokens = _Tokens(desk)

    def ask(self, method: str, address: str, body: Any = None, role: str = "admin", **headers: str):
        """The answer to a program of this role; `token` takes another one's."""
        token = headers.pop("token", None) or self.tokens[role]
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        said = {"json": body} if body is not None else {}
        whole = {"Authorization": f"Bearer {token}", **given}
        return self.http.open(PREFIX + address, method=method, headers=whole, **said)

    def get(self, address: str, **more: Any):
        return self.ask("GET", address, **more)

    def post(self, address: str, body: Any = None, **more: Any):
        return self.ask("POST", address, {} if body is None else body, **more)
