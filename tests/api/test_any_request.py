"""Whatever is sent: nothing breaks, and every answer is one that the document tells of."""

import shutil

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
from tests.api.conftest import opened

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 8
"""Of each operation, fitting ones and others: few, for each takes a request."""
APP = create_app(None, RATELIMIT_ENABLED=False)
SCHEMA = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", APP)


@pytest.fixture(scope="module")
def rest(stocked, tmp_path_factory):
    """A store that anything may be done to."""
    place = tmp_path_factory.mktemp("any") / "store.db"
    shutil.copyfile(stocked, place)
    with opened(place) as found:
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
    headers = {"Authorization": f"Bearer {rest.tokens['admin']}"}
    case.call_and_validate(headers=headers, checks=CHECKS)
