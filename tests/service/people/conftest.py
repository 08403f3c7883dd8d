import pytest
from argon2 import PasswordHasher

from custrata.service.people import passwords


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hashes that cost little."""
    monkeypatch.setattr(
        passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
    passwords.nobodys.cache_clear()
