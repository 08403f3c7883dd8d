"""Whose address it is: a slash of an id parts nothing, whatever stands before the application."""

from urllib.parse import quote, unquote
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from custrata.api import PREFIX
from custrata.api.addresses import install
from tests.admin.conftest import serving
from tests.api.conftest import copied

PARTS = ("labels", "history", "reasons", "export")
UNTOLD = {"RAW_URI": "", "REQUEST_URI": ""}
"""What a server leaves empty that does not tell how an address was written."""


@pytest.fixture(scope="module")
def rest(stocked, tmp_path_factory):
    """A store in which the ids of some end like operations on others."""
    with copied(stocked, tmp_path_factory.mktemp("ids")) as found:
        rows = [{"customer_id": "Z", "name": "Other"}]
        rows += [{"customer_id": f"Z/{part}", "name": part} for part in PARTS]
        assert found.post("/customers", rows).json["inserted"] == len(rows)
        yield found


def asked(rest, path, **environ):
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}"}
    return rest.http.get(PREFIX + path, headers=headers, environ_overrides=environ)


@pytest.mark.parametrize("part", PARTS)
def test_an_id_that_ends_like_an_operation_is_nobody_elses(rest, part):
    for slash in ("%2F", "%2f"):
        assert rest.get(f"/customers/Z{slash}{part}").json["name"] == part
        assert rest.get(f"/customers/Z{slash}{part}/{part}").status_code == 200
    assert "name" not in rest.get(f"/customers/Z/{part}").json


def test_so_it_is_over_a_server_and_below_a_prefix(rest):
    mounted = DispatcherMiddleware(None, {"/in%here": rest.app})
    headers = {"Authorization": f"Bearer {rest.tokens['viewer']}"}
    answer = Client(mounted).get(f"/in%25here{PREFIX}/customers/Z%2Flabels", headers=headers)
    assert answer.json["name"] == "labels"
    with serving(rest.app) as address:
        asked = Request(f"{address}{PREFIX}/customers/Z%2Flabels?", headers=headers)
        with urlopen(asked) as answer:
            assert b'"name":"labels"' in answer.read().replace(b'": ', b'":')


@pytest.mark.parametrize(
    "environ",
    [
        UNTOLD,
        {**UNTOLD, "REQUEST_URI": "/written/by/a/proxy"},
        {**UNTOLD, "REQUEST_URI": f"{PREFIX}/customers/Z%252Flabels"},
    ],
)
def test_where_a_server_does_not_tell_nobody_is_taken_for_another(rest, environ):
    answer = asked(rest, "/customers/Z%2Flabels", **environ)
    assert (answer.status_code, answer.json["code"]) == (409, "address-unclear")
    assert asked(rest, "/customers/KH00003/labels", **environ).status_code == 200
    assert asked(rest, "/customers/Z%2Fother", **environ).status_code == 404
    assert asked(rest, "/customers/KH00003", **environ).json["customer_id"] == "KH00003"


@pytest.mark.parametrize("name", ["RAW_URI", "REQUEST_URI"])
def test_servers_tell_it_in_one_place_or_the_other(rest, name):
    for begins in ("", "http://127.0.0.1:8080"):
        address = f"{begins}{PREFIX}/customers/Z%2Flabels?"
        answer = asked(rest, "/customers/Z%2Flabels", **{**UNTOLD, name: address})
        assert answer.json["name"] == "labels"


@given(
    who=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
    | st.text("%/2Fa.é", min_size=1)
)
@settings(deadline=None)
def test_every_id_is_read_as_it_was_written(who):
    app = Flask(__name__)
    install(app)
    app.add_url_rule("/at/<customer_id>/end", view_func=lambda customer_id: [customer_id])
    app.add_url_rule("/at/<customer_id>", "whole", lambda customer_id: [customer_id, "whole"])
    client, written = app.test_client(), quote(who, safe="")
    if who not in (".", ".."):
        assert client.get(f"/at/{written}").json == [who, "whole"]
        assert client.get(f"/at/{written}/end").json == [who]
        assert client.get(f"/at/{written}%2Fend").json == [f"{who}/end", "whole"]


def test_an_address_that_is_no_text_is_nobodys(rest):
    """Read as well as can be, `%FF` and `%FE` would be one customer's."""
    signs = "\ufffd"
    assert (
        rest.ask("PUT", f"/customers/{quote(signs)}", {"name": signs}).json["state"] == "inserted"
    )
    assert rest.get(f"/customers/{quote(signs)}").json["name"] == signs
    for who in ("%FF", "%FE", "Z%C3"):
        as_wsgi_has_it = f"{PREFIX}/customers/{unquote(who, 'latin-1')}"
        answer = asked(rest, "", PATH_INFO=as_wsgi_has_it, REQUEST_URI=f"{PREFIX}/customers/{who}")
        assert (answer.status_code, answer.json["code"]) == (404, "not-found"), who
