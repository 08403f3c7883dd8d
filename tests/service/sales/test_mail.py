"""The morning mail, over a real SMTP server on this machine."""

import email
import smtplib
import socket
import ssl
import subprocess
from contextlib import contextmanager
from datetime import date
from email.policy import default
from threading import Event

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from custrata.admin.morning_mail import all_kinds
from custrata.engine.diagnostics import CustrataError
from custrata.service.people.users import add_user, deactivate
from custrata.service.registers.closed_days import add_closed_days
from custrata.service.registers.staff import add_staff
from custrata.service.runs import run
from custrata.service.sales.mail import SENDER, SERVER, Letter, address, post, server
from custrata.service.sales.mornings import ask_in_the_morning
from custrata.service.settings import change_settings
from custrata.service.work.worker import drain
from custrata.store.models import Job, Opportunity
from tests.service.runs.putting import at, customer, fresh, put, rules

RULES = "ruleset: 1\ntime_zone: Asia/Ho_Chi_Minh\nclassifiers:\n  stale_contact: {}\n"


class Box:
    """What a server was given; it refuses some receivers, or breaks off a few times."""

    def __init__(self):
        self.mails, self.refused, self.breaks = [], {}, 0

    async def handle_RCPT(self, server, session, envelope, to, options):  # noqa: N802
        if to in self.refused:
            return self.refused[to]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.breaks:
            self.breaks -= 1
            return "451 try again later"
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def receivers(self):
        return [one["To"] for one in self.mails]


@contextmanager
def listening(box, **options):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def box(monkeypatch):
    """A server that the environment names."""
    found = Box()
    with listening(found) as port:
        monkeypatch.setenv(SERVER, f"smtp://127.0.0.1:{port}")
        monkeypatch.setenv(SENDER, "The CRM <crm@example.com>")
        yield found


def named(who, name, **more):
    row = customer(who, "new", "2026-11-20", **more)
    row.name = name
    return row


@pytest.fixture
def desk(desk):
    """A store of which three of the staff want the mail at 8, and one does not."""
    rules(desk, RULES)
    add_staff(desk, "an", name="An", email="an@example.com", language="vi", morning_mail=True)
    add_staff(desk, "bao", email="bao@example.com", morning_mail=True, everyone=True)
    add_staff(desk, "chi", email="chi@example.com", morning_mail=True, language="zh_Hant")
    add_staff(desk, "dung", email="dung@example.com")
    put(desk, named("a", "Trà Sen", owner="an", phone="0901234567"))
    put(desk, named("b", "<b>玉露</b>", owner="chi"))
    run(desk)
    change_settings(desk, morning_at="08:00")
    return desk


def work(desk):
    ask_in_the_morning(desk)
    drain(desk, Event(), all_kinds(), lambda worked: None)


def jobs(desk, kind="morning_mail"):
    with desk.database.read() as session:
        found = session.scalars(select(Job).where(Job.kind == kind).order_by(Job.id))
        return {one.slot: (one.state, one.fault) for one in found}


def body(mail, kind="plain"):
    return mail.get_body((kind,)).get_content()


def test_everybody_who_wants_it_gets_it_once_a_day(desk, box, clock):
    work(desk)
    work(desk)
    assert box.receivers == ["an@example.com", "bao@example.com", "chi@example.com"]
    assert set(jobs(desk)) == {f"morning_mail:2026-11-21:{one}" for one in ("an", "bao", "chi")}
    clock.forward(days=1)
    work(desk)
    assert len(box.mails) == 6
    ids = [one["Message-ID"] for one in box.mails]
    assert ids[0] == "<morning.2026-11-21.an@example.com>"
    assert len(set(ids)) == 6


def test_it_is_in_the_language_of_who_gets_it_and_of_her_customers(desk, box):
    work(desk)
    an, bao, chi = box.mails
    assert bao["Subject"].startswith("Morning of")
    assert an["From"] == "The CRM <crm@example.com>"
    assert an.get_content_type() == "multipart/alternative"
    assert "Trà Sen" in body(an)
    assert "玉露" not in body(an)
    assert "Trà Sen" in body(bao)
    assert "玉露" in body(bao)
    assert "2026年11月21日" in body(chi)
    assert 'lang="zh-Hant"' in body(chi, "html")
    assert "thg 11" in body(an) or "tháng 11" in body(an)


def test_lines_are_whole_sentences_with_the_right_numbers(desk, box):
    put(desk, named("c", "Cam", owner="chi", birth_date=date(2025, 11, 21)))
    put(desk, named("d", "Dao", owner="chi", birth_date=date(1980, 11, 22)))
    put(
        desk,
        Opportunity(
            customer_id="d", step="lead", changed_at=at("2026-11-01"), amount=7, scale=0,
            expected_close=date(2026, 11, 22), **fresh(),
        ),
    )  # fmt: skip
    run(desk)
    work(desk)
    told = body(box.mails[1])
    assert "Cam [chi]: The customer is 1 year old today." in told
    assert "Dao [chi]: The customer will be 46 years old on Nov 22, 2026." in told
    assert "Dao [chi]: 7 has stood at “Lead” for 20 days." in told
    assert "Dao [chi]: 7 at “Lead” is expected on Nov 22, 2026." in told
    assert "(0 of them reached somebody; there is no plan.)" in told


def test_it_tells_no_number_to_call_and_makes_no_markup_of_a_name(desk, box):
    work(desk)
    for mail in box.mails:
        assert "0901234567" not in body(mail) + body(mail, "html")
    assert "&lt;b&gt;玉露" in body(box.mails[2], "html")


def test_whose_login_is_switched_off_gets_none(desk, box):
    for login in ("an", "bao"):
        add_user(desk, login, "viewer", password="a long enough one")
    deactivate(desk, "an")
    work(desk)
    assert box.receivers == ["bao@example.com", "chi@example.com"]


def test_a_worker_that_was_off_over_night_mails_one_page_and_on_a_closed_day_none(desk, box, clock):
    ask_in_the_morning(desk)
    clock.forward(days=1)
    work(desk)
    assert len(box.mails) == 3
    clock.forward(days=1)
    ask_in_the_morning(desk)
    add_closed_days(desk, "Fair", date(2026, 11, 23))
    work(desk)
    assert len(box.mails) == 3


def test_a_letter_that_waited_over_night_is_left_to_the_next_day(desk, box, clock):
    box.breaks = 1
    work(desk)
    clock.forward(days=1)
    work(desk)
    assert sorted(box.receivers).count("an@example.com") == 1


def test_one_who_is_refused_stops_nobody_and_is_told(desk, box):
    box.refused = {"an@example.com": "550 no such user"}
    work(desk)
    assert box.receivers == ["bao@example.com", "chi@example.com"]
    state, fault = jobs(desk)["morning_mail:2026-11-21:an"]
    assert (state, "550" in fault, "example.com" in fault) == ("failed", True, False)


def test_what_breaks_off_is_tried_again_and_nobody_gets_it_twice(desk, box, clock):
    box.breaks = 1
    work(desk)
    assert box.receivers == ["bao@example.com", "chi@example.com"]
    assert jobs(desk)["morning_mail:2026-11-21:an"][0] == "waiting"
    clock.forward(minutes=2)
    work(desk)
    assert box.receivers == ["bao@example.com", "chi@example.com", "an@example.com"]


def test_a_server_that_is_away_is_tried_three_times_and_told(desk, clock, monkeypatch):
    with listening(Box()) as port:
        pass  # nobody listens there any more
    monkeypatch.setenv(SERVER, f"smtp://someone:secret@127.0.0.1:{port}")
    monkeypatch.setenv(SENDER, "crm@example.com")
    for _ in range(4):
        work(desk)
        clock.forward(minutes=5)
    state, fault = jobs(desk)["morning_mail:2026-11-21:an"]
    assert (state, fault) == ("failed", "it broke off, 3 times: ConnectionRefusedError")


@pytest.mark.usefixtures("box")
def test_not_before_its_time_nor_on_closed_days_nor_where_it_is_off(desk, clock):
    clock.forward(days=1, hours=-5)  # 7 in the morning of the 22nd
    assert ask_in_the_morning(desk) is None
    clock.forward(hours=1)
    add_closed_days(desk, "Fair", date(2026, 11, 22))
    assert ask_in_the_morning(desk) is None
    clock.forward(days=1)
    change_settings(desk, morning_at="")
    assert ask_in_the_morning(desk) is None
    change_settings(desk, morning_at="08:00")
    assert ask_in_the_morning(desk) is not None
    assert ask_in_the_morning(desk) is None


def test_without_a_server_the_job_of_the_day_says_so(desk, monkeypatch):
    monkeypatch.delenv(SERVER, raising=False)
    work(desk)
    ((state, fault),) = jobs(desk, "morning").values()
    assert (state, jobs(desk)) == ("failed", {})
    assert fault.startswith("error[mail-off] the variable CUSTRATA_SMTP is not set")


# --- the server, and heads ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "host", "port", "secure", "user", "password"),
    [
        ("smtp://mail.example.com", "mail.example.com", 587, False, None, None),
        ("smtps://u:p%40ss@mail.example.com", "mail.example.com", 465, True, "u", "p@ss"),
        ("smtp://[::1]:2525", "::1", 2525, False, None, None),
    ],
)
def test_what_names_a_server(given, host, port, secure, user, password):
    found = server({SERVER: given, SENDER: "crm@example.com"})
    assert (found.host, found.port, found.secure) == (host, port, secure)
    assert (found.user, found.password) == (user, password)
    assert password is None or password not in repr(found)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("http://u:secret@mail.example.com", "mail-server"),
        ("smtp://u:secret@mail.example.com:99999", "mail-server"),
        ("smtp://", "mail-server"),
        ("", "mail-off"),
    ],
)
def test_what_names_none_is_refused_without_its_text(given, code):
    with pytest.raises(CustrataError, match=code) as error:
        server({SERVER: given, SENDER: "crm@example.com"})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["", "an", "an@", "@example.com", "a@x.com, b@x.com", "a@x.com\nBcc: b@x.com", "a b@x.com"],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(CustrataError, match="mail-address"):
        address(text)


def letter(**other):
    return Letter(
        **{"to": "an@example.com", "subject": "s", "text": "t", "html": "h", "mark": "m"} | other
    )


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    "wrong", [{"subject": "a\r\nBcc: b@x.com"}, {"to": "an@example.com\r\nBcc: b@x.com"}]
)
def test_nothing_slips_into_a_head(desk, box, wrong):
    with pytest.raises(CustrataError, match=r"mail-(subject|address)"):
        post(desk, server(), letter(**wrong))
    assert box.mails == []


@pytest.fixture
def context(tmp_path):
    """A certificate of one's own that nobody vouches for."""
    made = [tmp_path / "key.pem", tmp_path / "cert.pem"]
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made[0], "-out", made[1]]
    try:
        subprocess.run(words, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("left out: there is no openssl to make a certificate with")
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(made[1], made[0])
    return found, made[1]


@pytest.mark.parametrize("trusted", [True, False])
def test_starttls_is_used_and_its_certificate_checked(desk, context, trusted, monkeypatch):
    box = Box()
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(context[1]))
    with listening(box, tls_context=context[0], require_starttls=True) as port:
        to = server({SERVER: f"smtp://127.0.0.1:{port}", SENDER: "crm@example.com"})
        if trusted:
            post(desk, to, letter())
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                post(desk, to, letter())
    assert len(box.mails) == trusted


def test_a_password_goes_to_no_server_in_the_clear(desk, monkeypatch):
    """The name leads to this machine; only addresses of it are known to be."""
    box = Box()
    with listening(box) as port:
        plain = smtplib.SMTP.connect
        monkeypatch.setattr(
            smtplib.SMTP, "connect", lambda self, host, at: plain(self, "127.0.0.1", at)
        )
        to = server({SERVER: f"smtp://u:secret@mail.example.com:{port}", SENDER: "c@example.com"})
        with pytest.raises(CustrataError, match="mail-plain"):
            post(desk, to, letter())
    assert box.mails == []
