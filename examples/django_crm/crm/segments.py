"""What this CRM has of custrata: the panel, who may see it, and the rules in force."""

from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections

from custrata.wsgi import Visitor, application

RULES = Path(__file__).parents[2] / "rules.yaml"


def person(environ):
    """Who is signed in to Django; its superusers do everything in the panel, others look."""
    request = WSGIRequest(environ)  # reads headers, and leaves the body to the panel
    sessions = import_module(settings.SESSION_ENGINE)
    close_old_connections()
    try:
        request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        user = get_user(request)
    finally:
        close_old_connections()
    if not user.is_authenticated:
        return None
    role = "admin" if user.is_superuser else "viewer"
    return Visitor(user.get_username(), role, user.get_full_name() or None)


panel = application(
    settings.CUSTRATA_DATABASE,
    person=person,
    sign_in="/sign-in/?next={next}",
    rules=RULES.read_text(encoding="utf-8"),
    worker=True,
)
