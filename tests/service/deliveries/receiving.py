"""A receiver in this process that behaves as it is told, and messages for it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sqlalchemy import select

from custrata.service.deliveries.destinations import Said, add_destination
from custrata.store.models import Outgoing, Run


class Inbox:
    """What came in, and how the next requests are answered.

    Attributes:
        answers: a status, or "hang"; 204 once they are used up.
        requests: headers and body. keys: of all messages that were taken, as they came.
        refuses, breaks: keys of messages that are answered with 422, or with 500.
    """

    def __init__(self) -> None:
        self.answers: list[int | str] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.taken: list[dict] = []
        self.refuses: set[str] = set()
        self.breaks: set[str] = set()
        self.headers: dict[str, str] = {}
        self.lock, self.over = threading.Lock(), threading.Event()
        self.url = ""

    @property
    def keys(self) -> list[str]:
        return [one["key"] for one in self.taken]

    def take(self, headers, body) -> int | str:
        with self.lock:
            self.requests.append((headers, body))
            answer = self.answers.pop(0) if self.answers else 204
            messages = json.loads(body)["messages"]
            keys = {one["key"] for one in messages}
            if self.refuses & keys:
                return 422
            if self.breaks & keys:
                return 500
            if answer == 204:
                self.taken += messages
            return answer


@contextmanager
def receiving():
    """An inbox with its address, until the end of the block."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = inbox.take(dict(self.headers), body)
            if answer == "hang":
                inbox.over.wait(30)
                return
            self.send_response(answer)
            for name, value in inbox.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    inbox.url = f"http://127.0.0.1:{server.server_port}/in"
    try:
        yield inbox
    finally:
        inbox.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def destined(desk, inbox, name="crm", **more):
    """A destination at an inbox; its secret."""
    return add_destination(desk, name, Said(inbox.url, allow_private=True, **more))


def put_out(desk, *customers, target="crm", first=0):
    """A message for each, in order; their keys."""
    with desk.database.write() as session:
        run = session.scalars(select(Run)).first() or _run(session, desk)
        keys = [f"m{first + number}" for number in range(len(customers))]
        for key, one in zip(keys, customers, strict=True):
            session.add(
                Outgoing(
                    kind="webhook",
                    target=target,
                    customer_id=one,
                    run_id=run.id,
                    payload={"customer_id": one, "classifier": "rfm", "from": None, "to": key},
                    key=key,
                    due_at=desk.now(),
                    recorded_at=desk.now(),
                )
            )
            session.flush()
    return keys


def _run(session, desk):
    row = Run(
        kind="full",
        state="landed",
        as_of=desk.now().date(),
        version=1,
        watermark=0,
        plugins={},
        by="an",
        started_at=desk.now(),
        finished_at=desk.now(),
    )
    session.add(row)
    session.flush()
    return row


def states(desk):
    """State of every message, by key."""
    with desk.database.read() as session:
        rows = session.scalars(select(Outgoing).order_by(Outgoing.id))
        return {one.key: one.state for one in rows}


def first(desk) -> Outgoing:
    """The first message."""
    with desk.database.read() as session:
        return session.scalars(select(Outgoing).order_by(Outgoing.id)).first()
