"""Who gets in: every operation as every role, as nobody, and with a scope beside it."""

import gzip
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import select

from custrata.api import PREFIX, create_app, document
from custrata.api.problems import KIND
from custrata.service.people.roles import ACTIONS, ROLES, allows
from custrata.service.people.tokens import make_token, revoke_token
from custrata.service.people.users import add_user, deactivate
from custrata.store.models import AuditEvent

DOCUMENT = document()
READS = ("get",)
SECRET = "SELECT name FROM customers -- Nguyễn Văn A"


def operations():
    """Each method and address, made-up words in it, and the action that it takes, if any."""
    for path, methods in DOCUMENT["paths"].items():
        for method, said in methods.items():
            if method == "parameters":
                continue
            (actions,) = (one["token"] for one in said["security"])
            assert len(actions) < 2
            address = path.removeprefix(PREFIX)
            for name in ("customer_id", "own_id", "code"):
                address = address.replace(f"{{{name}}}", "made-up")
            for name in ("job", "run", "number", "draft"):
                address = address.replace(f"{{{name}}}", "999")
            yield method, address, next(iter(actions), None)


OPERATIONS = list(operations())


def test_there_are_operations():
    assert len(OPERATIONS) > 50
    assert {action for *_, action in OPERATIONS} <= {None, *ACTIONS}
    assert [address for _, address, action in OPERATIONS if action is None] == ["/token"]
    assert {"see", "record", "import", "run", "draft", "approve", "publish", "erase"} <= {
        action for *_, action in OPERATIONS
    }


def test_nobody_gets_in(seen):
    for method, address, _ in OPERATIONS:
        answer = seen.http.open(PREFIX + address, method=method.upper(), json={})
        assert (answer.status_code, answer.mimetype) == (401, KIND), address
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_just_what_it_may(rest, role):
    refused = 0
    for method, address, action in OPERATIONS:
        answer = rest.ask(method.upper(), address, {}, role=role)
        if action is None or allows(role, action):
            assert answer.status_code not in (401, 403), address
            assert answer.status_code < 500, address
        else:
            assert (answer.status_code, answer.json["code"]) == (403, "forbidden"), address
            refused += method not in READS
    with rest.desk.database.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "access.refuse"))
        assert len(events.all()) == refused


@pytest.mark.parametrize("scope", ACTIONS)
def test_a_scope_lets_in_nowhere_else(seen, scope):
    token = make_token(seen.desk, "narrow", "admin", [scope]).text
    for method, address, action in OPERATIONS:
        if action == scope and method not in READS:
            continue  # what it changes is the operation's own test
        answer = seen.ask(method.upper(), address, {}, token=token)
        assert (answer.status_code == 403) is (action not in (None, scope)), address


def test_every_token_reads_what_it_may_itself(seen):
    token = make_token(seen.desk, "narrow", "admin", ["import"]).text
    assert seen.get("/token", token=token).json["may"] == ["import"]


def test_what_an_address_names_and_is_not_there_is_not_found(rest):
    """Of all operations that take no body."""
    named = [one for one in OPERATIONS if "made-up" in one[1] or "999" in one[1]]
    for method, address, _ in named:
        if method in ("get", "delete"):
            answer = rest.ask(method.upper(), address)
            assert (answer.status_code, answer.mimetype) == (404, KIND), (method, address)


def test_a_refused_change_of_a_customer_is_noted_without_her_id(rest):
    rest.ask("DELETE", "/customers/KH00001", role="viewer")
    with rest.desk.database.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert "KH00001" not in f"{event.subject}{event.detail}"
    assert event.by == f"token:{rest.tokens['viewer'].split('_')[1]}"


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer custrata_nobody_nothing"]
)
def test_what_is_no_token_lets_nobody_in(seen, header):
    answer = seen.http.get(f"{PREFIX}/runs", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json["allowed"].startswith("Authorization: Bearer")


def test_a_token_that_is_over_or_revoked_lets_nobody_in(rest):
    made = make_token(
        rest.desk, "short", "viewer", expires_at=rest.clock.moment + timedelta(days=1)
    )
    gone = make_token(rest.desk, "gone", "viewer")
    assert rest.get("/token", token=made.text).json["may"] == ["see"]
    assert rest.get("/token", token=gone.text).status_code == 200
    revoke_token(rest.desk, gone.grant.prefix)
    assert rest.get("/token", token=gone.text).status_code == 401
    rest.clock.forward(days=1)
    answer = rest.get("/token", token=made.text)
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_a_persons_token_does_what_she_does_and_goes_when_she_goes(rest):
    add_user(rest.desk, "lan", "editor", password="a good password")
    token = make_token(rest.desk, "hers", "admin", login="lan").text
    assert rest.get("/token", token=token).json["role"] == "editor"
    assert rest.post("/runs", token=token).status_code == 403
    assert rest.ask("PUT", "/customers/KH00001/stage", {"stage": "hot"}, token=token).is_json
    with rest.desk.database.read() as session:
        last = select(AuditEvent.by).order_by(AuditEvent.id.desc())
        assert "lan" in session.scalars(last.limit(3)).all()
    deactivate(rest.desk, "lan")
    assert rest.get("/token", token=token).status_code == 401


def test_one_token_asks_so_often_and_no_other_is_kept_out(rest):
    app = create_app(rest.desk, RATELIMIT_APPLICATION="3 per minute")
    http = app.test_client()

    def ask(role, address="/token"):
        headers = {"Authorization": f"Bearer {rest.tokens[role]}"}
        return http.get(PREFIX + address, headers=headers)

    asked = [ask("viewer", address) for address in ("/token", "/runs", "/rules", "/stages")]
    assert [one.status_code for one in asked] == [200, 200, 200, 429], "whatever it asks"
    left = [one.headers["X-RateLimit-Remaining"] for one in asked]
    assert left == ["2", "1", "0", "0"]
    assert ["Retry-After" in one.headers for one in asked] == [False, False, False, True]
    told = asked[-1]
    assert (told.mimetype, told.json["code"]) == (KIND, "too-many-requests")
    assert told.json["allowed"] == "3 per 1 minute"
    assert 0 < int(told.headers["Retry-After"]) <= 60
    assert ask("editor").status_code == 200
    assert http.get(f"{PREFIX}/token").status_code == 401


@pytest.mark.parametrize(
    ("sent", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"measures": {"monetary": NaN}}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"measures": {"x": ' + b"9" * 5_000 + b"}}", "application/json", 400),
        (b'{"measures": {"x": 1e999}}', "application/json", 422),
        (b'{"measures": {"x": "\\ud800"}}', "application/json", 422),
        (b'{"measures": {"x": {"y": 1}}}', "application/json", 422),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"", "application/json", 422),
    ],
)
def test_what_is_no_json_is_refused(seen, sent, kind, status):
    for role, address in (("viewer", "/classify"), ("admin", "/transactions")):
        headers = {"Authorization": f"Bearer {seen.tokens[role]}"}
        answer = seen.http.post(PREFIX + address, data=sent, content_type=kind, headers=headers)
        assert (answer.status_code, answer.mimetype) == (status, KIND)
        assert status == 422 or answer.json["allowed"], "it says what would be read"


def test_what_an_address_does_not_answer_to_is_told_with_what_it_does(seen):
    answer = seen.ask("DELETE", "/customers")
    assert (answer.status_code, answer.json["code"]) == (405, "method-not-allowed")
    assert answer.json["allowed"] == answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_a_body_that_is_packed_is_refused_as_that(seen):
    headers = {"Authorization": f"Bearer {seen.tokens['admin']}", "Content-Encoding": "gzip"}
    body = gzip.compress(b"[{}]")
    answer = seen.http.post(
        f"{PREFIX}/transactions", data=body, content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json["code"]) == (415, "encoding")


def test_more_than_is_taken_is_refused(rest):
    app = create_app(rest.desk, MAX_CONTENT_LENGTH=100, RATELIMIT_ENABLED=False)
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}"}
    answer = app.test_client().post(f"{PREFIX}/customers", json=[{}] * 100, headers=headers)
    assert (answer.status_code, answer.mimetype) == (413, KIND)
    assert answer.json["allowed"] == "up to 100 bytes"


def test_what_is_no_list_of_rows_holds_less(seen):
    for size, address in ((9, "/classify"), (33, "/transactions")):
        headers = {"Authorization": f"Bearer {seen.tokens['admin']}"}
        body = b"[" + b" " * size * 1024 * 1024 + b"]"
        answer = seen.http.post(
            PREFIX + address, data=body, content_type="application/json", headers=headers
        )
        assert (answer.status_code, answer.mimetype) == (413, KIND), address
        assert answer.json["allowed"] == f"up to {(size - 1) * 1024 * 1024:,} bytes"


def test_every_answer_keeps_to_itself_and_sets_no_cookie(seen):
    for answer in (seen.get("/token"), seen.get("/nowhere"), seen.http.get(f"{PREFIX}/runs")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


def test_by_https_it_is_asked_by_nothing_else_any_more(seen):
    answers = [seen.http.get(f"{PREFIX}/token", base_url=f"{one}://x") for one in ("http", "https")]
    said = [one.headers.get("Strict-Transport-Security") for one in answers]
    assert said == [None, "max-age=31536000"]


def test_what_breaks_tells_nothing_of_itself(rest, monkeypatch, caplog):
    def broken(*_args):
        raise RuntimeError(SECRET)

    monkeypatch.setattr(import_module("custrata.api.resources.me"), "caller", broken)
    answer = rest.get("/token")
    assert (answer.status_code, answer.json["code"]) == (500, "broken")
    assert "SELECT" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_database_that_is_busy_says_when_to_come_back(rest, monkeypatch):
    from custrata.store.faults import refuse

    def busy(*_args):
        raise refuse("database-busy", "the database is busy")

    monkeypatch.setattr(import_module("custrata.api.resources.me"), "caller", busy)
    headers = {"Authorization": f"Bearer {rest.tokens['viewer']}"}
    answer = create_app(rest.desk).test_client().get(f"{PREFIX}/token", headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
