"""`custrata user` and `custrata token`."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from custrata.cli.faults import Commands
from custrata.cli.user import ROLES, token, user
from custrata.service.people import roles
from custrata.service.people.sign_in import sign_in
from custrata.service.people.tokens import check_token
from custrata.service.setup import open_store

COMMANDS = Commands(commands=[user, token])


@pytest.fixture
def store(tmp_path):
    desk = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield desk
    desk.database.close()


@pytest.fixture
def run(store):
    def run(*words, **more):
        url = store.database.url.render_as_string()
        return CliRunner().invoke(COMMANDS, [*words, "--database", url], **more)

    return run


def test_the_roles_are_those_of_the_service():
    assert ROLES == roles.ROLES


def test_a_user_from_the_first_to_the_last_day(store, run):
    assert "nobody yet" in run("user", "list").output
    added = run("user", "add", "binh", "--role", "admin")
    assert sign_in(store, "binh", added.output.splitlines()[-1]).must_change
    words = ("user", "add", "an", "--role", "editor", "--name", "Nguyễn An", "--password-stdin")
    assert run(*words, input="mật khẩu dài\nmore").output == "an may sign in as editor\n"
    assert sign_in(store, "an", "mật khẩu dài").name == "Nguyễn An"
    assert run("user", "role", "an", "publisher").exit_code == 0
    once = run("user", "password", "an").output.splitlines()[-1]
    assert sign_in(store, "an", once).role == "publisher"
    assert run("user", "deactivate", "an").exit_code == 0
    rows = [line.split() for line in run("user", "list").output.splitlines()[2:]]
    assert rows == [
        ["an", "publisher", "Nguyễn", "An", "deactivated"],
        ["binh", "admin", "-", "has", "a", "one-time", "password"],
    ]
    assert run("user", "activate", "an").output == "an may sign in again\n"


def test_what_is_refused_says_why_and_exits_with_1(run):
    run("user", "add", "an", "--role", "admin")
    faults = {
        ("user", "add", "an", "--role", "editor"): "error[login-taken]",
        ("user", "role", "an", "viewer"): "an is the last active admin",
        ("user", "password", "ann"): "did you mean 'an'?",
        ("token", "revoke", "abc"): "error[no-token]",
        ("token", "add", "x", "--role", "viewer", "--scope", "sea"): "did you mean 'see'?",
    }
    for words, says in faults.items():
        shown = run(*words)
        assert (shown.exit_code, shown.stdout) == (1, "")
        assert says in shown.stderr
    weak = run("user", "password", "an", "--password-stdin", input="short\n")
    assert "the password has 5 characters" in weak.stderr
    assert run("user", "add", "x", "--role", "boss").exit_code == 2


def test_a_token_is_shown_once(store, run):
    made = run("token", "add", "web shop", "--role", "editor", "--expires", "2999-01-01")
    text = made.stdout.strip()
    found = check_token(store, text)
    assert (found.name, str(found.expires_at.date())) == ("web shop", "2999-01-01")
    listed = run("token", "list").output
    assert "valid until 2999-01-01" in listed
    assert text not in listed
    assert run("token", "revoke", found.prefix).exit_code == 0
    assert check_token(store, text) is None
    assert "revoked" in run("token", "list").output
