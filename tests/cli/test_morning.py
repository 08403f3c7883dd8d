"""`custrata morning`."""

import pytest

from custrata.service.registers.staff import add_staff
from custrata.service.sales.mail import SENDER, SERVER
from custrata.service.setup import open_store
from tests.service.sales.test_mail import Box, listening


@pytest.fixture
def store(place):
    desk = open_store(f"sqlite:///{place / 'custrata.db'}")
    add_staff(desk, "an", email="an@example.com", language="en")
    add_staff(desk, "bao")
    yield desk
    desk.database.close()


@pytest.mark.usefixtures("store")
def test_it_prints_the_page(place):
    shown = place.run("morning", "--to", "an")
    assert shown.exit_code == 0
    assert shown.output.startswith("Morning of ")
    assert "Overdue complaints: No complaint is overdue." in shown.output


@pytest.mark.usefixtures("store")
def test_it_mails_the_page(place, monkeypatch):
    box = Box()
    monkeypatch.setenv(SENDER, "crm@example.com")
    with listening(box) as port:
        monkeypatch.setenv(SERVER, f"smtp://127.0.0.1:{port}")
        shown = place.run("morning", "--to", "an", "--send")
    assert (shown.exit_code, shown.output) == (0, "the morning page went to an\n")
    assert box.receivers == ["an@example.com"]
    away = place.run("morning", "--to", "an", "--send")
    assert away.exit_code == 1
    assert "cannot be reached, or broke off: ConnectionRefusedError" in away.output


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--to", "nobody"], "no-salesperson"),
        (["--to", "bao", "--send"], "mail-nowhere"),
        (["--to", "an", "--send"], "mail-off"),
    ],
)
def test_what_cannot_be_is_told(place, monkeypatch, words, code):
    monkeypatch.setenv(SENDER, "crm@example.com")
    if code == "mail-off":
        monkeypatch.delenv(SERVER, raising=False)
    else:
        monkeypatch.setenv(SERVER, "smtp://127.0.0.1:9")
    shown = place.run("morning", *words)
    assert shown.exit_code == 1
    assert code in shown.output
    assert "Traceback" not in shown.output
