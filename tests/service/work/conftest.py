"""A Redis, where `CUSTRATA_TEST_REDIS` names one, such as `redis://127.0.0.1:6379/5`."""

import os

import pytest


@pytest.fixture(scope="session")
def redis_url() -> str:
    name = "CUSTRATA_TEST_REDIS"
    if name not in os.environ:
        if os.environ.get("CUSTRATA_TEST_ALL"):
            pytest.fail(f"{name} is not set, and nothing may be left out")
        pytest.skip(f"left out: {name} names no server")
    return os.environ[name]
