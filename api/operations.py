"""Operations: an address, what it takes and answers, who may; in the document too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Request, Response, jsonify, request
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema
from webargs.flaskparser import FlaskParser

from custrata.api.bodies import sent
from custrata.api.door import needs
from custrata.api.here import caller, store
from custrata.service import requests
from custrata.service.values import wrong

_View = TypeVar("_View", bound=Callable[..., Any])
KEY = "Idempotency-Key"
AGAIN = "Idempotent-Replayed"
_LONGEST_KEY = 255
_ALWAYS = (401, 403, 429, 500, 503)
_WITH_BODY = (400, 413, 415, 422)
_KEY: dict[str, Any] = {
    "in": "header",
    "name": KEY,
    "required": False,
    "description": (
        "A text of your own for this change. The same text again within 24 hours changes nothing, "
        "and is answered as before."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST_KEY},
}
_AGAIN: dict[str, Any] = {
    AGAIN: {
        "description": "`true` where the change was made before, under the same key.",
        "schema": {"type": "string"},
    }
}
_IDS: dict[str, dict[str, Any]] = {
    name: {
        "in": "path",
        "name": name,
        "required": True,
        "description": told,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }
    for name, told in {
        "customer_id": "As the CRM names her.",
        "own_id": "As the CRM names it: the `transaction_id` or `contact_id` that was sent.",
    }.items()
}


class _Parser(FlaskParser):
    """Refuses what it does not know, in addresses too."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}  # noqa: RUF012 - webargs' own

    def _raw_load_json(self, req: Request) -> Any:
        """As bodies are read that no schema reads: nothing beyond JSON, nothing too deep."""
        return sent()


class Operations(Blueprint):
    """A family of operations."""

    ARGUMENTS_PARSER = _Parser()

    def operation(
        self,
        method: str,
        rule: str,
        action: str | None,
        answer: type[Schema] | Schema | None = None,
        *,
        status: int = 200,
        query: type[Schema] | None = None,
        body: type[Schema] | Schema | dict[str, Any] | None = None,
        once: bool = False,
        refusals: Sequence[int] = (),
    ) -> Callable[[_View], _View]:
        """Have a function answer at an address.

        Args:
            rule: below the prefix; `<customer_id>` stands for a customer.
            action: what whoever asks has to be allowed; see `service.people.roles`. None lets in
                every token.
            answer: of what the function gives; None for 204.
            status: of a success.
            query, body: handed to the function, read; a body as a dict is no more than documented,
                and handed over as it was sent.
            once: whether a key makes the change once; the answer then names no customer.
            refusals: statuses beyond those of every operation.
        """

        def decorate(view: _View) -> _View:
            found = _answering(view, answer, status, once=once)
            found = self.response(status, answer, headers=_AGAIN if once else None)(found)
            if isinstance(body, dict):
                found = self.doc(requestBody=_content(body))(_handed(found))
            elif body is not None:
                found = self.arguments(body, location="json")(found)
            if query is not None:
                found = self.arguments(query, location="query")(found)
            known = {*_ALWAYS, *refusals, *(_WITH_BODY if body is not None else ())}
            known |= set() if method == "GET" else {409, 422}
            known |= {422} if query is not None else set()
            known |= {404} if "<" in rule else set()
            known |= {409} if "<customer_id>/" in rule else set()
            for code in sorted(known):
                found = self.alt_response(code, response=HTTPStatus(code).name)(found)
            if once:
                found._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append(_KEY)  # noqa: SLF001
            actions = [] if action is None else [action]
            found = self.doc(security=[{"token": actions}], operationId=view.__name__)(found)
            whose = [dict(said) for name, said in _IDS.items() if f"<{name}>" in rule]
            self.route(rule, methods=[method], parameters=whose or None)(needs(action, found))
            return view

        return decorate


def _answering(
    view: Callable[..., Any], answer: Any, status: int, *, once: bool
) -> Callable[..., Response]:
    """The view with its answer as JSON; made once where the program says so."""
    schema = answer() if isinstance(answer, type) else answer

    @wraps(view)
    def answering(*args: Any, **kwargs: Any) -> Response:
        def make() -> tuple[int, Any]:
            given = view(*args, **kwargs)
            return status, None if schema is None else schema.dump(given)

        key = request.headers.get(KEY) if once else None
        if key is None:
            return _response(*make(), again=False)
        found = requests.once(store(), caller().prefix, _key(key), _asked(), make)
        return _response(found.status, found.content, again=found.again)

    return answering


def _handed(view: Callable[..., Response]) -> Callable[..., Response]:
    """The view with what was sent; what cannot be read gets no further, and uses no key."""

    @wraps(view)
    def handed(*args: Any, **kwargs: Any) -> Response:
        return view(sent(rows=True), *args, **kwargs)

    return handed


def _response(status: int, content: Any, *, again: bool) -> Response:
    response = Response(status=status) if content is None else jsonify(content)
    response.status_code = status
    if status == HTTPStatus.NO_CONTENT:
        del response.headers["Content-Type"]
    if again:
        response.headers[AGAIN] = "true"
    return response


def _key(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_KEY or not text.isprintable():
        raise wrong("request-key", f"{KEY} is no text", f"1 to {_LONGEST_KEY} signs")
    return text


def _asked() -> bytes:
    """All that tells a change from others."""
    return f"{request.method} {request.full_path}\n".encode() + request.get_data(cache=True)


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
