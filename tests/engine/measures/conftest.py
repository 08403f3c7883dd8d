from __future__ import annotations

import pytest

from custrata.engine.backends import Backend, backend


@pytest.fixture(scope="session", params=["polars", "duckdb"])
def engine(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)
