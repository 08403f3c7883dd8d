"""REST beside a CRM: everything that programs ask of custrata, over HTTP and JSON."""

from __future__ import annotations

from custrata.api.app import PREFIX, create_app, document

__all__ = ["PREFIX", "create_app", "document"]
