"""The panel: pages on which people tune rules and look at customers.

Views are thin: they read what was typed, call a service and render what it returns.
"""

from custrata.admin.app import create_app

__all__ = ["create_app"]
