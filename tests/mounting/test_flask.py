"""The panel below a prefix of a Flask application, which says who asks."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from flask import Flask, current_app, g, request, session, url_for
from sqlalchemy import create_engine, select
from sqlalchemy.orm import scoped_session, sessionmaker
from werkzeug.middleware.proxy_fix import ProxyFix

from custrata.flask import Custrata, Visitor
from custrata.service.people.tokens import make_token
from custrata.service.people.users import deactivate, users
from custrata.store.models import AuditEvent
from tests.mounting.conftest import host, signed_in


def token(page) -> str:
    return re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]


def people(desk):
    with desk.database.read() as found:
        return {one.login: one for one in users(found)}


def test_who_is_signed_in_at_the_host_is_in_the_panel(desk):
    client = signed_in(host(desk), "an")
    page = client.get("/segments/")
    assert page.status_code == 200
    assert "An Nguyễn" in page.text
    assert people(desk)["an"].role == "admin"


def test_who_is_not_is_sent_to_the_hosts_sign_in_and_comes_back(desk):
    client = host(desk).test_client()
    answer = client.get("/segments/customers/?stage=lead", follow_redirects=False)
    answer = client.get(answer.location)
    assert answer.location == "/sign-in?next=%2Fsegments%2Fcustomers%2F%3Fstage%3Dlead"
    page = client.post(answer.location, data={"login": "an"}, follow_redirects=True)
    assert page.status_code == 200
    assert page.request.full_path == "/segments/customers/?stage=lead"


@pytest.mark.parametrize("elsewhere", ["http://evil.example", "//evil.example", "/", "/other"])
def test_the_way_to_the_sign_in_leads_back_into_the_panel_alone(desk, elsewhere):
    answer = host(desk).test_client().get("/segments/sign-in", query_string={"next": elsewhere})
    assert answer.location == "/sign-in?next=%2Fsegments%2F"


def test_a_part_of_a_page_takes_the_whole_page_to_the_sign_in(desk):
    client = host(desk).test_client()
    answer = client.get("/segments/runs/progress", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        401,
        "/segments/sign-in?next=/segments/",
    )


def test_every_address_of_a_page_stays_below_the_prefix(full):
    client = signed_in(host(full, home="/host"), "an")
    menu = re.findall(r'href="(/segments/[a-z_]+/)"', client.get("/segments/").text)
    assert len(menu) > 15
    outside = {}
    for address in ["/segments/", *menu, "/segments/no-such-page"]:
        text = client.get(address).text
        named = re.findall(r'(?:href|src|action|hx-[a-z]+|value|data-[a-z-]+)="(/[^"]*)"', text)
        assert named
        if wrong := {one for one in named if not one.startswith(("/segments/", "/host"))}:
            outside[address] = wrong
    assert outside == {}


def test_redirects_stay_below_the_prefix(full):
    client = signed_in(host(full), "an")
    page = client.get("/segments/stages/")
    for address, data in {
        "/segments/language": {"language": "vi"},
        "/segments/sources/add": {"name": "Chợ Đà Lạt", "code": "cho"},
    }.items():
        answer = client.post(address, data={"csrf_token": token(page), **data})
        assert answer.status_code in {302, 422}, answer.text
        if answer.location:
            assert urlsplit(answer.location).path.startswith("/segments/")


def test_a_change_needs_the_panels_own_token(desk):
    app = host(desk)
    client = signed_in(app, "an")
    page = client.get("/segments/me/")
    assert client.post("/segments/language", data={"language": "vi"}).status_code == 400
    data = {"language": "vi", "csrf_token": token(page)}
    assert client.post("/segments/language", data=data).status_code == 302
    assert people(desk)["an"].language == "vi"


def test_a_viewer_of_the_host_may_only_look(desk):
    client = signed_in(host(desk), "binh")
    page = client.get("/segments/")
    assert '<html lang="vi">' in page.text
    assert client.get("/segments/people/").status_code == 403
    data = {"csrf_token": token(page), "login": "x2", "role": "admin"}
    assert client.post("/segments/people/add", data=data).status_code == 403


def test_nobody_goes_on_with_the_session_of_who_came_before(desk):
    client = signed_in(host(desk), "an")
    old = token(client.get("/segments/"))
    client.post("/sign-in", data={"login": "binh"})
    page = client.get("/segments/")
    assert '<html lang="vi">' in page.text
    data = {"language": "zh_Hant", "csrf_token": old}
    assert client.post("/segments/language", data=data).status_code == 400


def test_headers_let_nobody_in(desk):
    client = host(desk).test_client()
    for name in ("custrata.visitor", "Custrata-Visitor", "X-Remote-User", "Remote-User"):
        answer = client.get("/segments/", headers={name: "admin"})
        assert answer.status_code == 302
    client.set_cookie("remember_token", "1|forged", domain="localhost")
    assert client.get("/segments/").status_code == 302


def test_a_cookie_of_a_hosts_own_flask_login_is_in_nobodys_way(desk):
    client = signed_in(host(desk), "an")
    client.set_cookie("remember_token", "7|of the host", domain="localhost")
    assert client.get("/segments/").status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_panels_own_passwords_are_closed(desk, method):
    client = signed_in(host(desk), "an")
    data = {"csrf_token": token(client.get("/segments/")), "login": "admin"}
    call = getattr(client, method)
    assert call("/segments/password", data=data).status_code == 404
    if method == "post":
        assert client.post("/segments/sign-in", data=data).status_code == 404
    assert "Password and sessions" not in client.get("/segments/me/").text


def test_signing_out_leads_to_the_host(desk):
    client = signed_in(host(desk, sign_out="/bye"), "an")
    page = client.get("/segments/")
    assert "Sign out" in page.text
    data = {"csrf_token": token(page)}
    assert client.post("/segments/sign-out", data=data).location == "/bye"


def test_who_cannot_sign_out_in_the_panel_is_led_back_and_not_told_that_she_has(desk):
    client = signed_in(host(desk, home="/crm/start"), "an")
    page = client.get("/segments/")
    assert "Sign out" not in page.text
    assert 'href="/crm/start"' in page.text
    data = {"csrf_token": token(page)}
    assert client.post("/segments/sign-out", data=data).location == "/crm/start"


def test_people_of_a_host_have_no_passwords_and_sessions_in_the_panel(desk):
    client = signed_in(host(desk, make_people=False), "an")
    assert client.get("/segments/").status_code == 403
    client = signed_in(host(desk), "an")
    page = client.get("/segments/people/")
    assert "application around this panel" in page.text
    assert not re.search("password|everywhere", page.text, re.IGNORECASE)
    data = {"csrf_token": token(page)}
    assert client.get("/segments/people/password/an").status_code == 404
    for address in ("people/password/an", "people/sign-out/an", "me/sign-out-everywhere"):
        assert client.post(f"/segments/{address}", data=data).status_code == 404


def test_somebody_more_comes_in_by_the_host_alone(desk):
    client = signed_in(host(desk), "an")
    data = {"csrf_token": token(client.get("/segments/people/")), "login": "Chi", "role": "editor"}
    answer = client.post("/segments/people/add", data=data, follow_redirects=True)
    assert "chi may sign in" in answer.text
    assert "password" not in answer.text
    assert (people(desk)["chi"].role, people(desk)["chi"].must_change) == ("editor", False)
    again = client.post("/segments/people/add", data=data)
    assert (again.status_code, "There is a user" in again.text) == (422, True)
    client = signed_in(host(desk, make_people=False), "chi")
    assert client.get("/segments/drafts/").status_code != 403
    with desk.database.read() as found:
        event = found.scalars(select(AuditEvent).where(AuditEvent.subject == "chi")).one()
    assert (event.by, event.action) == ("an", "user.add")


def test_what_the_host_answers_instead_is_what_one_gets(desk):
    answer = signed_in(host(desk), "guest").get("/segments/")
    assert answer.status_code == 403
    assert "guests stay out" in answer.text
    assert "guest" not in people(desk)


def test_a_fault_of_the_hosts_is_its_own(desk):
    app = host(desk)
    app.config.update(TESTING=False)
    answer = signed_in(app, "broken").get("/segments/")
    assert answer.status_code == 500
    assert "own fault" not in answer.text


def test_what_a_host_does_before_its_pages_it_does_before_the_panel(desk):
    app = host(desk)

    @app.before_request
    def closed():
        g.seen = True
        return ("closed for the night", 503) if session.get("login") == "an" else None

    answer = signed_in(app, "an").get("/segments/customers/")
    assert (answer.status_code, answer.text) == (503, "closed for the night")
    assert signed_in(app, "binh").get("/segments/customers/").status_code == 200


def test_a_session_that_the_host_keeps_alive_is_kept_alive_by_the_panel(desk):
    app = host(desk)
    app.before_request(lambda: setattr(session, "permanent", True))
    client = signed_in(app, "an")
    cookies = client.get("/segments/").headers.getlist("Set-Cookie")
    assert {one.partition("=")[0].partition("_")[0] for one in cookies} == {"session", "custrata"}


def test_a_body_is_left_to_the_panel(full):
    app = host(full)

    @app.before_request
    def read():
        return ("it is read", 500) if request.endpoint != "sign_in" and request.get_data() else None

    client = signed_in(app, "an")
    sent = {"csrf_token": token(client.get("/segments/imports/")), "record": "customers"}
    sent["file"] = (BytesIO(b"customer_id,name\nn1,Lan\n"), "new.csv")
    answer = client.post("/segments/imports/send", data=sent)
    assert answer.status_code in {200, 302}, answer.text
    assert urlsplit(answer.location or "/segments/").path.startswith("/segments/")


@pytest.mark.parametrize(
    ("login", "make", "told"),
    [("an nguyen", True, "cannot be a login"), ("lan", False, "You may not use this panel")],
)
def test_who_is_kept_out_is_told(desk, login, make, told):
    client = signed_in(host(desk, make_people=make), login)
    answer = client.get("/segments/customers/")
    assert answer.status_code == 403
    assert told in answer.text
    with client.get("/segments/static/panel/panel.css") as style:
        assert style.status_code == 200
    assert login not in people(desk)


def test_who_was_deactivated_in_the_panel_is_kept_out(desk):
    client = signed_in(host(desk), "binh")
    client.get("/segments/")
    deactivate(desk, "binh")
    assert client.get("/segments/").status_code == 403


def test_cookies_are_the_panels_own_and_go_to_it_alone(desk):
    client = signed_in(host(desk), "an")
    (cookie,) = client.get("/segments/").headers.getlist("Set-Cookie")
    assert re.match(r"custrata_[0-9a-f]{8}=", cookie)
    assert {"Path=/segments", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_by_https_cookies_travel_by_nothing_else(desk):
    client = signed_in(host(desk), "an")
    answer = client.get("/segments/", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("address", ["/", "/static/panel/panel.css", "/api/v1/openapi.json"])
def test_by_https_the_domain_is_left_to_the_host(desk, address):
    client = signed_in(host(desk), "an")
    with client.get(f"/segments{address}", base_url="https://localhost") as answer:
        assert answer.status_code == 200
        assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("secure", [True, False])
def test_options_are_over_what_the_host_says_of_its_own_cookies(desk, secure):
    app = Flask("host")
    app.config["SESSION_COOKIE_SECURE"] = not secure
    Custrata(app, person=lambda: "an", store=desk, SESSION_COOKIE_SECURE=secure)
    cookie = app.test_client().get("/custrata/").headers["Set-Cookie"]
    assert ("Secure" in cookie) is secure


def test_behind_a_proxy_the_prefix_of_the_host_comes_before(desk):
    app = host(desk)
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_prefix=1)
    headers = {"X-Forwarded-Prefix": "/crm", "X-Forwarded-Proto": "https"}
    client = app.test_client()
    client.post("/sign-in", data={"login": "an"}, headers=headers, base_url="https://localhost")
    page = client.get("/segments/", headers=headers, base_url="https://localhost")
    assert 'href="/crm/segments/customers/"' in page.text
    assert "Path=/crm/segments" in page.headers["Set-Cookie"]
    assert "Secure" in page.headers["Set-Cookie"]


def test_the_host_knows_the_panels_address_and_keeps_its_own_pages(desk):
    app = host(desk)
    with app.test_request_context():
        assert url_for("custrata.panel") == "/segments/"
    client = signed_in(app, "an")
    assert client.get("/").text.endswith("an at the host")
    assert client.get("/segmentsx").status_code == 404
    assert client.get("/segments").status_code in {200, 308}


def test_programs_use_rest_below_the_prefix_without_the_host(desk):
    app = host(desk)
    app.before_request(lambda: ("closed", 503))
    key = make_token(desk, "till", "viewer").text
    client = app.test_client()
    assert client.get("/segments/api/v1/customers").status_code == 401
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/segments/api/v1/customers", headers=headers).status_code == 200
    (server,) = client.get("/segments/api/v1/openapi.json").json["servers"]
    assert server["url"] == "/segments"  # the page of the document asks there


def test_the_store_is_opened_beside_the_hosts_by_the_first_request(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'crm.db'}")
    app = host(scoped_session(sessionmaker(engine)))
    assert list(tmp_path.iterdir()) == []
    assert signed_in(app, "an").get("/segments/").status_code == 200
    assert (tmp_path / "custrata.db").exists()
    app.custrata.close()
    engine.dispose()


def test_an_address_of_the_hosts_configuration_is_taken(tmp_path):
    app = Flask("host")
    app.config["CUSTRATA_DATABASE"] = f"sqlite:///{tmp_path / 'own.db'}"
    custrata = Custrata(person=lambda: Visitor("an", "admin"), url_prefix="/a/b/")
    with pytest.raises(RuntimeError, match="init_app"):
        custrata.engine()
    custrata.init_app(app)
    assert app.test_client().get("/a/b/").status_code == 200
    assert custrata.engine().ruleset.classifiers
    custrata.close()


@pytest.mark.parametrize("called", [False, True])
def test_opening_the_store_ends_nothing_of_the_hosts(tmp_path, called):
    """Sessions of many hosts end with their context, and what was not committed then is gone."""
    address = f"sqlite:///{tmp_path / 'own.db'}"
    app = host((lambda: current_app and address) if called else address)
    ended = []
    app.teardown_appcontext(lambda _error: ended.append("session"))
    with app.app_context():
        assert app.custrata.engine().ruleset.classifiers
        assert ended == []
    assert ended == ["session"]
    app.custrata.close()


def test_without_a_place_for_data_the_log_says_what_is_missing(caplog):
    app = host(None)
    assert signed_in(app, "an").get("/segments/").status_code == 503
    assert "nothing says where data are; allowed: store=, or CUSTRATA_DATABASE" in caplog.text
    assert app.test_client().get("/").status_code == 200


def test_a_store_that_cannot_be_opened_says_so_in_the_log(tmp_path, caplog):
    app = host(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    client = signed_in(app, "an")
    answer = client.get("/segments/")
    assert answer.status_code == 503
    assert "folder" not in answer.text
    assert "custrata cannot answer" in caplog.text
    assert client.get("/").status_code == 200


def test_each_application_of_a_factory_has_a_panel_of_its_own(tmp_path):
    custrata = Custrata(person=lambda: Visitor("an", "admin"))

    def create_app(name):
        app = Flask(name)
        app.config["CUSTRATA_DATABASE"] = f"sqlite:///{tmp_path / name}.db"
        custrata.init_app(app)
        assert app.test_client().get("/custrata/").status_code == 200
        return app

    first, second = create_app("first"), create_app("second")
    with pytest.raises(RuntimeError, match="several applications"):
        custrata.engine()
    for app in (first, second):
        with app.app_context():
            assert custrata.desk.database.engine.url.database == str(tmp_path / f"{app.name}.db")
            assert custrata.engine().ruleset.classifiers
            custrata.close()


@pytest.mark.parametrize("prefix", ["", "/", "segments", "//x", "/a//b"])
def test_a_prefix_that_is_none_is_refused(prefix):
    with pytest.raises(ValueError, match="a prefix is"):
        Custrata(person=lambda: None, url_prefix=prefix)
