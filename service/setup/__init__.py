"""A store that is ready to work with."""

from custrata.service.setup.open import open_store

__all__ = ["open_store"]
