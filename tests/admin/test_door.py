"""Signing in and out, and what an answer carries."""

import pytest

from custrata.service.people.users import add_user, signed_in, users
from tests.admin.conftest import PASSWORD


def test_who_is_not_signed_in_is_asked_who_she_is_and_brought_back(panel):
    stranger = panel.stranger()
    answer = stranger.get("/?a=b")
    assert answer.location == "/sign-in?next=/?a%3Db"
    page = stranger.get(answer.location).text
    assert 'value="/?a=b"' in page


def test_the_right_password_opens_and_a_wrong_one_does_not(panel):
    stranger = panel.stranger()
    wrong = stranger.sign_in("admin", "a bad password")
    assert wrong.status_code == 422
    assert "Login or password is wrong" in wrong.text
    assert stranger.get("/").status_code == 302
    assert stranger.sign_in("admin").location == "/"
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "http://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "//[",
        "http://[",
    ],
)
def test_signing_in_leads_nowhere_else(panel, elsewhere):
    data = {"login": "admin", "password": PASSWORD, "next": elsewhere}
    assert panel.stranger().post("/sign-in", data).location == "/"


def test_a_page_that_is_stale_after_signing_out_changes_nothing(panel):
    client = panel.client()
    token = client.token()
    client.post("/sign-out")
    answer = client.post("/language", {"language": "vi"}, token=token)
    assert answer.location == "/sign-in"
    assert "You were signed out. Nothing was changed." in client.get("/sign-in").text


def test_a_new_password_ends_all_other_sessions(panel):
    one, other = panel.stranger(), panel.stranger()
    one.sign_in("editor")
    other.sign_in("editor")
    given = {"old": PASSWORD, "new": "an even better one", "again": "an even better one"}
    assert one.post("/password", given).location == "/"
    assert one.get("/").status_code == 200
    assert other.get("/").status_code == 302


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"old": "no", "new": "an even better one", "again": "an even better one"}, "wrong"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "5"),
        ({"old": PASSWORD, "new": "an even better one", "again": "another"}, "not the same"),
    ],
)
def test_a_password_that_cannot_be_is_refused(panel, given, told):
    answer = panel.client("editor").post("/password", given)
    assert answer.status_code == 422
    assert told in answer.text
    assert panel.stranger().sign_in("editor").location == "/"


def test_a_one_time_password_is_changed_before_anything_else(panel):
    given = add_user(panel.desk, "lan", "viewer")
    client = panel.stranger()
    client.sign_in("lan", given)
    assert client.get("/").location == "/password"
    client.post("/password", {"old": given, "new": "a word of mine", "again": "a word of mine"})
    assert client.get("/").status_code == 200


def test_the_language_is_kept_for_the_person(panel):
    client = panel.client("viewer")
    client.post("/language", {"language": "zh_Hant"})
    assert 'lang="zh-Hant"' in client.get("/").text
    again = panel.stranger()
    again.sign_in("viewer", language="")
    assert 'lang="zh-Hant"' in again.get("/").text


@pytest.mark.parametrize(
    ("asked", "given"),
    [("vi", "vi"), ("zh-TW,zh;q=0.9", "zh-Hant"), ("zh-CN", "zh-Hans"), ("fr", "en")],
)
def test_the_door_speaks_the_browsers_language(panel, asked, given):
    page = panel.stranger().get("/sign-in", headers={"Accept-Language": asked}).text
    assert f'<html lang="{given}">' in page


def test_a_session_holds_no_more_than_who_and_which(panel):
    known = panel.client("viewer")
    with known.http.session_transaction() as session:
        user, nonce = session["_user_id"].split(":")
    with panel.desk.database.read() as found:
        assert signed_in(found, int(user), nonce).login == "viewer"
        assert {one.login for one in users(found)} == {"admin", "editor", "publisher", "viewer"}


@pytest.mark.parametrize("address", ["/sign-in", "/", "/no-such-page", "/static/panel/panel.css"])
def test_every_answer_is_guarded(panel, address):
    with panel.client().get(address) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in headers


def test_over_https_browsers_are_told_to_stay_there(panel):
    answer = panel.stranger().get("/sign-in", base_url="https://localhost")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_an_address_that_is_none_says_so(panel):
    answer = panel.client().get("/no-such-page")
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_a_token_that_is_missing_changes_nothing(panel):
    answer = panel.client().http.post("/language", data={"language": "vi"})
    assert answer.status_code == 400
    assert "out of date" in answer.text


def test_tries_of_one_address_are_limited(stocked, tmp_path):
    import shutil

    from custrata.admin import create_app
    from custrata.service.setup import open_store
    from tests.admin.conftest import Client

    shutil.copyfile(stocked, tmp_path / "store.db")
    desk = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    client = Client(create_app(desk))
    codes = {client.sign_in("nobody", "x", language="").status_code for _ in range(21)}
    desk.database.close()
    assert codes == {422, 429}
