"""The site as WSGI: Django's own, with custrata's panel below /segments."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_crm.settings")
crm = get_wsgi_application()

from crm.segments import panel  # noqa: E402 - Django has to be set up before

from custrata.wsgi import mounted  # noqa: E402

application = mounted(crm, "/segments", panel)
