"""Destinations, their secrets and signatures."""

from datetime import timedelta

import pytest

from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import events
from custrata.service.deliveries import signing
from custrata.service.deliveries.deliver import send_test
from custrata.service.deliveries.destinations import (
    Said,
    add_destination,
    change_destination,
    destination,
    destinations,
    named_in_rules,
    new_secret,
    remove_destination,
)
from custrata.service.deliveries.signing import secret_of, signature
from tests.service.deliveries.receiving import destined, receiving
from tests.service.deliveries.test_deliver import RULES
from tests.service.runs.putting import rules

URL = "https://crm.example.com/hooks"
BODY = b'{"messages": []}'
BY_TEST = "b60b01468519069241f9cc9ffa0765d733c299f811d216b246520e968831ae23"
BY_OLD = "94f885a9170ed98851ba1902fdcbef296a3f58b7dfae2254d7a1a36092774948"
"""`printf '1795238400.{"messages": []}' | openssl dgst -sha256 -hmac whsec_test`, `… whsec_old`."""


def test_a_signature_is_what_others_work_out_too():
    assert signature(["whsec_test"], 1795238400, BODY) == f"t=1795238400,v1={BY_TEST}"
    both = signature(["whsec_test", "whsec_old"], 1795238400, BODY)
    assert both == f"t=1795238400,v1={BY_TEST},v1={BY_OLD}"


def test_a_secret_is_of_one_key_name_and_salt():
    known = secret_of("key", "crm", "salt")
    assert known == secret_of("key", "crm", "salt")
    others = [("other", "crm", "salt"), ("key", "shop", "salt"), ("key", "crm", "pepper")]
    assert len({known, *(secret_of(*one) for one in others)}) == 4


def test_the_key_may_be_kept_outside_the_store(desk):
    inside = signing.key_of(desk, {})
    assert inside == signing.key_of(desk, {})
    assert signing.key_of(desk, {"CUSTRATA_WEBHOOK_KEY": "elsewhere"}) == "elsewhere"


def test_a_destination_is_added_changed_and_removed(desk):
    secret = add_destination(desk, "crm", Said(URL, batch=7))
    assert secret.startswith("whsec_")
    change_destination(desk, "crm", Said(URL + "/2", active=False))
    with desk.database.read() as session:
        (row,) = destinations(session)
        assert (row.url, row.active, row.batch) == (URL + "/2", False, 100)
        assert secret not in str(vars(row))
        told = [(one.action, one.subject) for one in events(session)[:2]]
        assert told == [("webhook.change", "crm"), ("webhook.add", "crm")]
        assert secret not in str([one.detail for one in events(session)])
    remove_destination(desk, "crm")
    with desk.database.read() as session:
        assert destinations(session) == []


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("crm", Said(URL), "destination-taken"),
        ("a b", Said(URL), "destination-name"),
        ("a/b", Said(URL), "destination-name"),
        ("", Said(URL), "text-missing"),
        ("n" * 65, Said(URL), "destination-name"),
        ("new", Said(URL, batch=0), "webhook-batch"),
        ("new", Said(URL, batch=501), "webhook-batch"),
        ("new", Said("http://crm.example.com"), "webhook-private"),
        ("new", Said("crm"), "webhook-url"),
    ],
)
def test_what_cannot_be_is_refused(desk, name, said, code):
    add_destination(desk, "crm", Said(URL))
    with pytest.raises(CustrataError, match=code):
        add_destination(desk, name, said)
    with desk.database.read() as session:
        assert [one.name for one in destinations(session)] == ["crm"]


def test_what_is_not_there_is_said(desk):
    add_destination(desk, "crm", Said(URL))
    for act in (new_secret, remove_destination, send_test):
        with pytest.raises(CustrataError, match=r"no-destination.*crm"):
            act(desk, "crn")


def test_for_a_day_both_secrets_sign(desk, clock):
    with receiving() as inbox:
        old = destined(desk, inbox)
        new = new_secret(desk, "crm")
        assert new != old
        send_test(desk, "crm")
        clock.forward(days=1)
        send_test(desk, "crm")
        change, after = [(headers["Custrata-Signature"], body) for headers, body in inbox.requests]
    at = int((clock() - timedelta(days=1)).timestamp())
    assert change[0] == signature([new, old], at, change[1])
    assert after[0] == signature([new], int(clock().timestamp()), after[1])


def test_names_of_the_rules_are_told(desk):
    rules(desk, RULES)
    with desk.database.read() as session:
        assert named_in_rules(session) == {"crm"}


def test_a_secret_stays_where_only_the_address_changes(desk):
    add_destination(desk, "crm", Said(URL))
    with desk.database.read() as session:
        before = destination(session, "crm").salt
    change_destination(desk, "crm", Said(URL + "/2"))
    with desk.database.read() as session:
        assert destination(session, "crm").salt == before
