"""People, tokens, plugins, settings, audit."""

import csv
import html
import re
from io import StringIO

import pytest
from werkzeug.wrappers import Response

from custrata.admin import create_app, server
from custrata.service.audit import note
from custrata.service.people.tokens import check_token, tokens
from custrata.service.people.users import users
from custrata.service.registers.closed_days import closed_spans
from custrata.service.settings import Settings, settings
from tests.admin.conftest import PASSWORD, Client
from tests.admin.test_publishing import words


def people(panel):
    with panel.desk.database.read() as session:
        return {one.login: one for one in users(session)}


def chosen(panel):
    with panel.desk.database.read() as session:
        return settings(session)


# --- people -------------------------------------------------------------------------------


def test_somebody_more_gets_a_one_time_password_that_is_shown_once(panel):
    client = panel.client()
    given = {"login": "Lan", "name": "<i>Lan</i>", "role": "editor", "language": "vi"}
    answer = client.post("/people/add", given)
    password = re.search(r'id="one-time">([^<]+)<', answer.text)[1]
    listed = client.get("/people/").text
    assert password not in listed
    assert "&lt;i&gt;Lan" in listed
    lan = people(panel)["lan"]
    assert (lan.role, lan.language, lan.must_change) == ("editor", "vi", True)
    stranger = panel.stranger()
    stranger.sign_in("lan", password, language="")
    assert stranger.get("/").location == "/password"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"login": "admin", "role": "viewer"}, "already"),
        ({"login": "a b", "role": "viewer"}, "cannot be a login"),
        ({"login": "lan", "role": "queen"}, "no role"),
        ({}, "cannot be a login"),
    ],
)
def test_who_cannot_be_added_is_told_and_what_was_typed_stays(panel, given, told):
    answer = panel.client().post("/people/add", given)
    assert answer.status_code == 422
    assert told in answer.text
    assert f'value="{given.get("login", "")}"' in answer.text
    assert set(people(panel)) == {"admin", "editor", "publisher", "viewer"}


def test_the_last_admin_stays(panel):
    client = panel.client()
    for address, given in (("role/admin", {"role": "viewer"}), ("deactivate/admin", {})):
        answer = client.post(f"/people/{address}", given)
        assert answer.status_code == 422
        assert "last active admin" in answer.text
    assert people(panel)["admin"].role == "admin"


def test_roles_change_and_who_goes_is_asked_about_first(panel):
    client, viewer = panel.client(), panel.client("viewer")
    assert client.post("/people/role/viewer", {"role": "editor"}).status_code == 302
    assert people(panel)["viewer"].role == "editor"
    assert "sign in no more" in client.get("/people/deactivate/viewer").text
    assert people(panel)["viewer"].active
    client.post("/people/deactivate/viewer")
    assert viewer.get("/").status_code == 302
    assert "Let in again" in client.get("/people/").text
    client.post("/people/activate/viewer")
    assert panel.stranger().sign_in("viewer").location == "/"


def test_a_new_password_and_signing_out_end_sessions(panel):
    client, editor, viewer = (panel.client(one) for one in ("admin", "editor", "viewer"))
    assert "new one-time password" in client.get("/people/password/editor").text
    password = re.search(r'id="one-time">([^<]+)<', client.post("/people/password/editor").text)[1]
    assert editor.get("/").status_code == 302
    assert panel.stranger().sign_in("editor", PASSWORD).status_code == 422
    assert panel.stranger().sign_in("editor", password).status_code == 302
    client.post("/people/sign-out/viewer")
    assert viewer.get("/").status_code == 302
    assert client.get("/people/").status_code == 200


def test_one_ends_ones_own_sessions_and_reads_what_one_may(panel):
    here, there = panel.stranger(), panel.stranger()
    here.sign_in("viewer")
    there.sign_in("viewer")
    assert "sees customers" in here.get("/me/").text
    assert "writes drafts" not in here.get("/me/").text
    assert here.post("/me/sign-out-everywhere").location == "/sign-in"
    assert [one.get("/").status_code for one in (here, there)] == [302, 302]


def test_on_a_telephone_roles_can_be_read(browser):
    wide = "return document.querySelector('#users [name=role]').offsetWidth"
    browser.sign_in("admin")
    browser.open("/people/")
    needed = browser.run(wide)
    with browser.wide(390):
        assert browser.run(wide) == needed > 60


@pytest.mark.parametrize("beside", [{}, {"/api/v1/": Response("REST")}])
def test_keys_are_offered_where_there_is_something_to_ask(bare, monkeypatch, beside):
    made = []

    def kept(*given, **settings):
        made.append(create_app(*given, **settings))
        return made[0]

    monkeypatch.setattr(server, "create_app", kept)
    with server.serving(bare.desk, "127.0.0.1", 0, worker=False, beside=beside):
        client = Client(made[0])
        client.sign_in("admin")
        assert ("Tokens of programs" in client.get("/people/").text) is bool(beside)


def test_a_token_is_shown_once_and_revoked_after_asking(panel):
    client = panel.client()
    given = {"name": "web shop", "role": "editor", "scope": ["see", "record"]}
    answer = client.post("/people/tokens/make", {**given, "expires": "2027-01-01"})
    text = re.search(r'id="token">([^<]+)<', answer.text)[1]
    grant = check_token(panel.desk, text)
    assert (grant.role, grant.scopes) == ("editor", ("see", "record"))
    listed = client.get("/people/tokens").text
    assert text not in listed
    assert "Jan 1, 2027 23:59" in listed
    assert "let in no more" in client.get(f"/people/tokens/revoke/{grant.prefix}").text
    client.post(f"/people/tokens/revoke/{grant.prefix}")
    assert check_token(panel.desk, text) is None


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "role": "viewer"},
        {"name": "x", "role": "viewer", "expires": "2020-01-01"},
        {"name": "x", "role": "viewer", "expires": "soon"},
        {"name": "x", "role": "viewer", "scope": ["rule"]},
        {"name": "x", "role": "viewer", "login": "nobody"},
    ],
)
def test_a_token_that_cannot_be_is_refused(panel, given):
    assert panel.client().post("/people/tokens/make", given).status_code == 422
    with panel.desk.database.read() as session:
        assert tokens(session) == ()


# --- plugins, settings ---------------------------------------------------------------------


def test_plugins_say_what_they_bring_and_whether_it_is_used(seen):
    page = words(seen.client("viewer").get("/plugins/"))
    assert "rfm loaded the rules use it" in page
    assert "RFM value rfm used" in page
    assert re.search(r"\d+ measures, \d+ of them used", page)


def test_settings_are_saved_and_what_cannot_be_changes_nothing(panel):
    client = panel.client()
    given = {"four_eyes": "1", "nightly_at": "03:15", "alert_percent": "12,5"}
    given["largest_percent"] = "7.5"
    assert client.post("/settings/change", given).status_code == 302
    assert chosen(panel) == Settings(
        four_eyes=True, nightly_at="03:15", alert_share=0.125, largest_share=0.075
    )
    page = client.get("/settings/").text
    assert 'value="12.5"' in page
    assert 'value="7.5"' in page
    for wrong in (
        {"nightly_at": "25:00"},
        {"alert_percent": "much"},
        {"alert_percent": "0"},
        {"largest_percent": "101"},
    ):
        answer = client.post("/settings/change", given | wrong)
        assert answer.status_code == 422
        assert f'value="{next(iter(wrong.values()))}"' in answer.text
    assert chosen(panel).alert_share == 0.125
    given = {"nightly_at": "03:15", "alert_percent": "20", "largest_percent": "5"}
    client.post("/settings/change", given)
    assert chosen(panel) == Settings(four_eyes=False, nightly_at="03:15", alert_share=0.2)


def test_closed_days_come_and_go(panel):
    client = panel.client("publisher")
    given = {"name": "Tết <b>", "first": "2027-02-05", "last": "2027-02-09"}
    answer = client.post("/settings/closed-days/add", given, follow_redirects=True)
    assert "5 days are closed now" in answer.text
    assert "Tết &lt;b&gt;" in answer.text
    wrong = client.post("/settings/closed-days/add", {**given, "last": "2027-02-01"})
    assert wrong.status_code == 422
    assert client.post("/settings/closed-days/add", {**given, "first": "x"}).status_code == 422
    client.post("/settings/closed-days/remove", {"first": "2027-02-05", "last": "2027-02-09"})
    with panel.desk.database.read() as session:
        assert "Tết <b>" not in {one.name for one in closed_spans(session)}
    assert client.post("/settings/change", {"nightly_at": "01:00"}).status_code == 403


# --- audit --------------------------------------------------------------------------------


def test_the_audit_tells_in_words_what_was_done_and_by_whom(panel):
    client = panel.client()
    client.post("/people/role/viewer", {"role": "editor"})
    page = words(client.get("/audit/"))
    assert "The role of viewer was changed from viewer to editor" in page
    assert "was imported" not in page
    page = words(client.get("/audit/?action=rules.&by=system"))
    assert "Version 1 of the rules came into force" in page
    assert "The role of viewer" not in page
    assert "Nothing of this kind" in words(client.get("/audit/?since=2030-01-01"))
    assert "is no date" in client.get("/audit/?until=soon").text


def test_the_audit_goes_on_page_by_page(panel):
    with panel.desk.database.write() as session:
        for number in range(120):
            note(session, panel.desk.of("lan"), "source.add", "source", f"s{number}")
    client, seen, address = panel.client(), [], "/audit/?by=lan"
    while address:
        page = client.get(address).text
        seen += re.findall(r"Source s(\d+) was added", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == [str(number) for number in reversed(range(120))]


def test_the_audit_is_fetched_without_formulas(panel):
    with panel.desk.database.write() as session:
        note(session, panel.desk.of("=cmd"), "odd.thing", "thing", "@x", why="-1")
    answer = panel.client().get("/audit/events.csv?subject=@x")
    rows = list(csv.reader(StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert rows[1][2:] == ["'=cmd", "odd.thing: @x", "odd.thing", "thing", "'@x", "why: -1"]
    assert panel.client("publisher").get("/audit/events.csv").status_code == 403


def test_the_audit_is_not_fetched_as_a_whole_for_a_day_that_is_none(panel):
    elsewhere = "&_external=1&_scheme=evil"
    answer = panel.client().get(f"/audit/events.csv?since=31.02.2026&by=admin{elsewhere}")
    assert answer.location == "/audit/?by=admin&since=31.02.2026"
    assert "is no date" in panel.client().get(answer.location).text


def test_an_older_form_does_not_switch_four_eyes_off_again(panel):
    client = panel.client()
    seen = re.search(r'name="seen" value="([^"]*)"', client.get("/settings/").text)[1]
    given = {"nightly_at": "03:00", "alert_percent": "20", "largest_percent": "5"}
    older = given | {"seen": html.unescape(seen)}
    assert client.post("/settings/change", older | {"four_eyes": "1"}).status_code == 302
    refused = client.post("/settings/change", older)
    assert refused.status_code == 422
    assert "somebody changed the settings since" in refused.text.lower()
    with panel.desk.database.read() as session:
        assert settings(session).four_eyes


def test_the_firm_chooses_who_is_classified(panel):
    client = panel.client()
    form = {"nightly_at": "02:00", "alert_percent": "20", "largest_percent": "5"}
    assert client.post("/settings/change", {**form, "consent_needed": "given"}).status_code == 302
    assert chosen(panel).consent_needed == "given"
    assert 'value="given" selected' in client.get("/settings/").text
    answer = client.post("/settings/change", {**form, "consent_needed": "perhaps"})
    assert answer.status_code == 422
    assert chosen(panel).consent_needed == "given"
