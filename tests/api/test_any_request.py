"""Whatever is sent: nothing breaks, and every answer is one that the document tells of."""

from urllib.parse import quote
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from custrata.api import PREFIX, create_app
from custrata.api.here import EXTENSION
from custrata.service.runs import run
from tests.api.conftest import copied

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
"""Of each operation, fitting ones and others: few, for each takes a request."""
APP = create_app(None, RATELIMIT_ENABLED=False)
KNOWN = {
    "customer_id": ("KH00001", "KH00003", "KH00007"),
    "code": ("new", "hot", "facebook", "vip"),
    **dict.fromkeys(("draft", "run", "number", "job"), (1, 2, 3)),
}
"""What is there; half of what is sent is about it."""
SCHEMA = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", APP)


@pytest.fixture(scope="module")
def rest(stocked, tmp_path_factory):
    """A store that anything may be done to."""
    with copied(stocked, tmp_path_factory.mktemp("any")) as found:
        APP.extensions[EXTENSION] = found.desk
        yield found


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_documented(rest, case):
    for name, there in KNOWN.items():
        if name in case.path_parameters and (pick := crc32(repr(case.body).encode())) % 2:
            case.path_parameters[name] = there[pick % len(there)]
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}"}
    case.call_and_validate(headers=headers, checks=CHECKS)


def test_whatever_was_done_everybody_can_still_be_read(rest):
    """By whom the requests before left behind, and then after a run over them."""
    ids = [one["customer_id"] for one in rest.get("/customers?limit=200").json["items"]]
    strangers = [one for one in ids if one not in KNOWN["customer_id"] and one[:2] != "KH"]
    for _ in range(2):
        for one in (*KNOWN["customer_id"], *strangers[:4]):
            for part in ("", "/labels", "/history", "/reasons"):
                answer = rest.get(f"/customers/{quote(one, safe='')}{part}")
                assert answer.status_code in (200, 404), (part, answer.text)
        run(rest.desk)
