"""The made-up firm's staff, and how often each is to call."""

from __future__ import annotations

from datetime import date

from custrata.service.company.firm import firm
from custrata.service.desk import Desk
from custrata.service.registers.staff import add_staff
from custrata.service.registers.targets import goals, set_target

_MARKETING = "marketing"
_CALLS = 60
"""In a month, of everybody."""


def bring_staff(desk: Desk) -> None:
    """Everyone who works there at the end; who left is known by records alone."""
    for one in firm().staff:
        if one.left is None:
            add_staff(
                desk,
                one.login,
                name=one.name,
                team=one.team,
                language=one.language,
                email=f"{one.login}@example.com",
            )
    for login, name in firm().marketers.items():
        add_staff(desk, login, name=name, team=_MARKETING, email=f"{login}@example.com")


def plan_calls(desk: Desk, last_day: date) -> None:
    """Beside what each is to sell in the last month, so many calls."""
    month = last_day.replace(day=1)
    with desk.database.read() as session:
        known = goals(session, [month])
    for (owner, _month), goal in known.items():
        set_target(desk, owner, month, goal.amount, _CALLS)
