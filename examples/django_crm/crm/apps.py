"""The application, which listens to its own orders."""

from django.apps import AppConfig


class Crm(AppConfig):
    """Customers and orders."""

    name = "crm"

    def ready(self):
        """Connect the signal."""
        from crm import signals  # noqa: F401 - importing connects it
