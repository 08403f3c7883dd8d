"""A Flask host of one's own around a store with a firm in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask, abort, redirect, request, session

from custrata.flask import Custrata
from custrata.service.desk import Desk
from custrata.service.setup import open_store
from tests.admin.conftest import Clock, driver, root, stocked, unused

__all__ = ["driver", "root", "stocked", "unused"]

PEOPLE = {
    "an": {"role": "admin", "name": "An Nguyễn", "language": "en-US"},
    "binh": {"role": "viewer", "name": None, "language": "vi"},
}


def host(store: Desk | str, **options) -> Flask:
    """Signs in whoever says who she is; `guest` is signed in, but may not see the panel."""
    app = Flask("host")
    app.config.update(SECRET_KEY="the host's", TESTING=True)

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in():
        if request.method == "GET":
            return (
                "<!DOCTYPE html><html lang=en><title>Host</title><link rel=icon href='data:,'>"
                "<form method=post><input name=login aria-label=Login><button>Come in</button>"
            )
        session["login"] = request.form["login"]
        return redirect(request.args.get("next", "/"))

    @app.get("/")
    def first():
        return f"<!DOCTYPE html><title>Host</title>{session.get('login')} at the host"

    def person():
        login = session.get("login")
        if login == "guest":
            abort(403, "guests stay out")
        if login == "broken":
            raise RuntimeError("the host's own fault")
        return {"login": login, **PEOPLE.get(login, {})} if login else None

    options = {"url_prefix": "/segments", "sign_in": "/sign-in?next={next}"} | options
    app.custrata = Custrata(app, person=person, store=store, RATELIMIT_ENABLED=False, **options)
    return app


@pytest.fixture
def desk(unused, tmp_path):
    """A store in which nothing happened yet."""
    yield from _desk(unused, tmp_path)


@pytest.fixture
def full(stocked, tmp_path):
    """A store with a firm."""
    yield from _desk(stocked, tmp_path)


def _desk(store: Path, folder: Path):
    own = folder / f"{store.parent.name}.db"
    shutil.copyfile(store, own)
    found = open_store(f"sqlite:///{own}", clock=Clock())
    yield found
    found.database.close()


def signed_in(app: Flask, login: str):
    """Somebody's browser, signed in at the host."""
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login}).status_code == 302
    return client
