"""Serves the CRM in Django on a free port, which it prints; its data are in CRM_FOLDER."""

import sys
from pathlib import Path

from waitress.server import create_server

CRM = Path(__file__).parents[2] / "examples/django_crm"


def main() -> None:
    sys.path.insert(0, str(CRM))
    from site_crm.wsgi import application  # sets Django up

    fill()
    server = create_server(application, host="127.0.0.1", port=0, threads=4)
    sys.stdout.write(f"{server.effective_port}\n")
    sys.stdout.flush()
    server.run()


def fill() -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    User.objects.create_superuser("an", password="demo", first_name="An", last_name="Nguyễn")
    User.objects.create_user("binh", password="demo")


if __name__ == "__main__":
    main()
