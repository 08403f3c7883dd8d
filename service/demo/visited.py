"""What came of the visits that the made-up firm planned."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from custrata.service.desk import Desk
from custrata.service.sales.visits import DONE, DROPPED, PLANNED
from custrata.store.models import Contact, Visit

_MISSED = "Nobody was there."


def settle_visits(desk: Desk, last_day: date, zone: ZoneInfo) -> int:
    """Visits up to a day were held or came to nothing, as their contacts tell; how many."""
    with desk.database.write() as session:
        over = Visit.day <= last_day, Visit.state == PLANNED
        rows = session.scalars(select(Visit).where(*over)).all()
        about = select(Contact.customer_id, Contact.occurred_at, Contact.outcome)
        held: dict[tuple[str, date], tuple[datetime, str | None]] = {
            (who, at.astimezone(zone).date()): (at, outcome)
            for who, at, outcome in session.execute(about.where(Contact.channel == "visit"))
        }
        for row in rows:
            at, outcome = held.get((row.customer_id, row.day), (desk.now(), "no_show"))
            met = outcome == "reached"
            row.state, row.why = (DONE, None) if met else (DROPPED, _MISSED)
            row.settled_at, row.settled_by = at, row.owner
        return len(rows)
