"""REST on a firm of 120 customers, and programs with tokens of every role."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from custrata.api import PREFIX, create_app
from custrata.service.company import company
from custrata.service.demo import replay
from custrata.service.desk import Desk
from custrata.service.people.roles import ROLES
from custrata.service.people.tokens import make_token
from custrata.service.setup import open_store
from tests.admin.conftest import LAST, Clock


@pytest.fixture(scope="session")
def stocked(tmp_path_factory) -> Path:
    """A store with a firm that was classified twice."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rest') / 'store.db'}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(replay, "WEEKS", 2)
        replay.replay(url, company(seed=7, customers=120, last_day=LAST), LAST)
    return Path(url.removeprefix("sqlite:///"))


@pytest.fixture(scope="session")
def seen(stocked, tmp_path_factory) -> Iterator[Rest]:
    """REST that tests only look at."""
    place = tmp_path_factory.mktemp("seen") / "store.db"
    shutil.copyfile(stocked, place)
    with opened(place) as rest:
        yield rest


@pytest.fixture
def rest(stocked, tmp_path) -> Iterator[Rest]:
    """REST on a store of one's own."""
    shutil.copyfile(stocked, tmp_path / "store.db")
    with opened(tmp_path / "store.db") as rest:
        yield rest


@pytest.fixture
def bare(tmp_path) -> Iterator[Rest]:
    """REST on a store in which nothing happened yet."""
    with opened(tmp_path / "store.db") as rest:
        yield rest


@contextmanager
def opened(path: Path) -> Iterator[Rest]:
    clock = Clock()
    desk = open_store(f"sqlite:///{path}", "an", clock)
    try:
        yield Rest(desk, clock)
    finally:
        desk.database.close()


class Rest:
    """The application, and programs that ask it."""

    def __init__(self, desk: Desk, clock: Clock):
        self.desk = desk
        self.clock = clock
        self.app = create_app(desk, RATELIMIT_ENABLED=False)
        self.http = self.app.test_client()
        self.tokens = {role: make_token(desk, role, role).text for role in ROLES}

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
