"""Who may sign in to a made-up firm: one of each role, and one who sells, for everybody to try."""

from __future__ import annotations

from custrata.service.desk import Desk
from custrata.service.people.roles import EDITOR, ROLES
from custrata.service.people.users import add_user, users

PASSWORD = "custrata demo"
"""Of all of them; their logins are their roles. A demo listens on this machine alone."""
SELLER = "phuong"
"""Who has customers of her own; facts name her so."""


def introduce(desk: Desk) -> None:
    """Make them, where nobody may sign in yet."""
    with desk.database.read() as session:
        known = users(session)
    if not known:
        for role in ROLES:
            add_user(desk, role, role, password=PASSWORD)
        add_user(desk, SELLER, EDITOR, password=PASSWORD)
