"""Where requests may go."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest

from custrata.engine.diagnostics import DataError
from custrata.service.deliveries.addresses import is_allowed, look_up, place_of
from custrata.service.deliveries.posting import post
from tests.service.deliveries.receiving import receiving

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fc00::1",
    "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::127.0.0.1",
    "fec0::1", "::127.0.0.1", "64:ff9b:1:a00:0:100:808:808", "5f00::1",
]  # fmt: skip
NEVER = [
    "169.254.169.254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "::ffff:169.254.1.1",
    "100.100.100.200",
    "fd00:ec2::254",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_for_who_allows_them(address):
    assert not is_allowed(ip_address(address), inside=False)
    assert is_allowed(ip_address(address), inside=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_for_nobody(address):
    assert not is_allowed(ip_address(address), inside=True)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public_addresses_are_for_everybody(address):
    assert is_allowed(ip_address(address), inside=False)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.com/x", "webhook-private"),
        ("https://127.0.0.1/x", "webhook-private"),
        ("https://[::1]:8443/x", "webhook-private"),
        ("https://169.254.169.254/latest", "webhook-private"),
        ("ftp://example.com/x", "webhook-url"),
        ("file:///etc/passwd", "webhook-url"),
        ("https://an:secret@example.com/x", "webhook-url"),
        ("https://example.com/x#part", "webhook-url"),
        ("https://example.com/a b", "webhook-url"),
        ("https://example.com/é", "webhook-url"),
        ("https://example.com:port/", "webhook-url"),
        ("https:///x", "webhook-url"),
        ("https://" + "a" * 70 + ".com/", "webhook-url"),
        ("crm", "webhook-url"),
        ("", "text-missing"),
    ],
)
def test_what_cannot_be_sent_to_is_refused_as_it_is_typed(url, code):
    with pytest.raises(DataError, match=code) as caught:
        place_of(url, allow_private=False)
    assert "secret" not in str(caught.value)


def test_a_url_is_taken_apart():
    place = place_of("https://bücher.example:8443/in?a=1", allow_private=False)
    assert (place.secure, place.host, place.port, place.path) == (
        True, "xn--bcher-kva.example", 8443, "/in?a=1",
    )  # fmt: skip


@pytest.mark.parametrize("spelt", ["2130706433", "0x7f000001", "127.1"])
def test_other_spellings_of_this_machine_are_seen_through(spelt):
    answer = post(f"https://{spelt}/x", b"", {}, allow_private=False)
    assert answer.fault in ("private", "name")


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent():
    with receiving() as inbox:
        url = inbox.url.replace("http", "https").replace("127.0.0.1", "crm.example")
        for found in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"]):
            answer = post(url, b"{}", {}, allow_private=False, resolve=lambda *_, f=found: f)
            assert answer.fault == "private"
        assert inbox.requests == []


def test_a_name_that_changes_its_mind_gets_nowhere_else():
    """The address that was looked at is the one that is gone to; nobody asks again."""
    asked = []

    def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    with receiving() as inbox:
        url = inbox.url.replace("127.0.0.1", "crm.example")
        body = b'{"messages": []}'
        answer = post(url, body, {}, allow_private=True, resolve=resolve)
        assert answer.status == 204
        assert inbox.requests[0][0]["Host"] == url.split("/")[2]
    assert asked == ["crm.example"]


def test_a_name_that_nobody_knows_is_said():
    def resolve(host, port):
        raise OSError

    assert post("https://a.example/", b"", {}, allow_private=False, resolve=resolve).fault == "name"
    assert look_up("127.0.0.1", 80) == ["127.0.0.1"]


def test_a_name_that_is_looked_up_for_too_long_is_given_up():
    over = threading.Event()

    def resolve(host, port):
        over.wait(30)
        return []

    try:
        answer = post(
            "https://a.example/", b"", {}, allow_private=False, resolve=resolve, patience=0.1
        )
    finally:
        over.set()
    assert answer.fault == "late"


@pytest.mark.parametrize("at_once", [b"", b"HTTP/1.1 204", b"HTTP/1.1 204 No Content\r\n"])
def test_one_that_answers_drop_by_drop_is_broken_off(at_once):
    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        peer, _ = listener.accept()
        with peer, suppress(OSError):
            peer.sendall(at_once)
            for sign in b"HTTP/1.1 204 No Content\r\n"[len(at_once) :] + b"X: y\r\n" * 100:
                peer.sendall(bytes([sign]))
                time.sleep(0.1)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    began = time.monotonic()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    assert post(url, b"", {}, allow_private=True, patience=0.6).fault == "late"
    assert time.monotonic() - began < 3
    listener.close()
    thread.join()


def test_what_speaks_no_http_is_said():
    with receiving() as inbox:
        url = inbox.url.replace("http", "https")
        assert post(url, b"", {}, allow_private=True).fault == "tls"


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_certificate_is_checked_against_the_name_and_not_the_address(tmp_path, monkeypatch):
    if shutil.which("openssl") is None:
        pytest.skip("left out: there is no openssl to make a certificate with")
    key, crt = tmp_path / "key.pem", tmp_path / "crt.pem"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    more = ["-subj", "/CN=crm.example", "-addext", "subjectAltName=DNS:crm.example"]
    subprocess.run([*new, "-keyout", key, "-out", crt, *more], check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), Taking)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(name):
        url = f"https://{name}:{server.server_port}/"
        return post(url, b"{}", {}, allow_private=True, resolve=lambda *_: ["127.0.0.1"])

    assert answer("crm.example").fault == "tls"  # nobody vouches for it
    monkeypatch.setenv("SSL_CERT_FILE", str(crt))
    assert answer("crm.example").status == 204
    assert answer("other.example").fault == "tls"
    server.shutdown()
    server.server_close()
