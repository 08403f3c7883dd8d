"""`custrata serve`, as it is started: in a process of its own."""

import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib import import_module

import pytest
from click.testing import CliRunner

from custrata.admin import server
from custrata.service.people.users import users
from custrata.service.setup import open_store


@contextmanager
def started(folder, *words):
    """The process, and its lines up to the address."""
    command = [sys.executable, "-m", "custrata", "serve", "--port", "0", *words]
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watchdog = threading.Timer(60, running.kill)
    watchdog.start()
    try:
        lines = []
        while not (lines and lines[-1].startswith("the panel: ")):
            line = running.stdout.readline()
            assert line, "".join(lines)
            lines.append(line)
        yield running, lines
    finally:
        watchdog.cancel()
        running.kill()
        running.wait()
        running.stdout.close()


def asked(lines, path):
    port = int(re.search(r":(\d+)/", lines[-1])[1])
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def test_the_first_start_makes_an_admin_and_serves_until_it_is_stopped(tmp_path):
    with started(tmp_path) as (running, lines):
        said = next(line for line in lines if "one-time password" in line)
        assert re.search(r"admin, one-time password [\w-]{10,}\n", said)
        answer, text = asked(lines, "/sign-in")
        assert answer.status == 200
        assert "Sign in" in text
        assert answer.getheader("Server") is None
        answer, text = asked(lines, "/api/v1/token")
        assert answer.status == 401
        assert answer.getheader("Content-Type") == "application/problem+json"
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == 0
        assert running.stdout.read() == "stopping\n"
    with started(tmp_path, "--no-worker") as (_, lines):
        assert "password" not in "".join(lines)
    desk = open_store(f"sqlite:///{tmp_path / 'custrata.db'}")
    with desk.database.read() as session:
        assert [(one.login, one.role) for one in users(session)] == [("admin", "admin")]
    desk.database.close()


def test_a_port_that_is_taken_is_named(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = place.run("serve", "--port", str(port))
    assert shown.exit_code == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in shown.output
    assert "--port" in shown.output


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_beyond_this_machine_it_warns(place, monkeypatch, host, warned):
    module = import_module("custrata.cli.serve")
    monkeypatch.setattr(module, "until_stopped", lambda *_, **__: None)
    assert ("HTTPS" in place.run("serve", "--host", host).output) is warned


@pytest.mark.parametrize("built", [True, False])
def test_a_panel_that_was_not_built_is_told(tmp_path, monkeypatch, built):
    @contextmanager
    def served(*_words, **_more):
        yield "http://127.0.0.1:1/"

    @contextmanager
    def stopped():
        stop = threading.Event()
        stop.set()
        yield stop

    if not built:
        monkeypatch.setattr(server, "_HERE", tmp_path)
    monkeypatch.setattr(server, "serving", served)
    module = import_module("custrata.cli.serve")
    monkeypatch.setattr(module, "stopping", stopped)
    told = CliRunner().invoke(module.serve, ["--database", f"sqlite:///{tmp_path / 'store.db'}"])
    assert told.exit_code == 0
    assert ("the panel is not built" in told.stderr) != built
