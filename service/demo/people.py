"""Who may sign in to a made-up firm: one of each role, for everybody to try."""

from __future__ import annotations

from custrata.service.desk import Desk
from custrata.service.people.roles import ROLES
from custrata.service.people.users import add_user, users

PASSWORD = "custrata demo"
"""Of all of them; their logins are their roles. A demo listens on this machine alone."""


def introduce(desk: Desk) -> None:
    """Make them, where nobody may sign in yet."""
    with desk.database.read() as session:
        known = users(session)
    if not known:
        for role in ROLES:
            add_user(desk, role, role, password=PASSWORD)
