"""Facts put straight into a store, without files."""

import secrets
from datetime import UTC, date, datetime, timedelta, timezone

from sqlalchemy import delete, select, update

from custrata.service.rules.versions import current
from custrata.store.models import (
    Base,
    Contact,
    Counter,
    Customer,
    LabelChange,
    LabelNow,
    RulesetVersion,
    Stage,
    StageChange,
    Transaction,
)
from custrata.store.sequence import take

HERE = timezone(timedelta(hours=7))
KEPT = {"stages", "ruleset_versions", "counters", "alembic_version"}


def at(day: str | date, hour: int = 9) -> datetime:
    """A moment of a day in Vietnam."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, tzinfo=HERE)


def put(desk, *rows):
    """Write facts, and count them as the service does."""
    with desk.database.write() as session:
        number = take(session)
        for row in rows:
            if isinstance(row, Customer):
                row.fact_seq = number
            session.add(row)
        session.flush()
        touched = {row.customer_id for row in rows}
        session.execute(
            update(Customer).where(Customer.customer_id.in_(touched)).values(fact_seq=number)
        )
    return number


def customer(name, stage=None, created=None, **more):
    moment = at(created) if created else None
    return Customer(customer_id=name, stage=stage, created_at=moment, **more)


def contact(name, day, **more):
    return Contact(customer_id=name, occurred_at=at(day), **fresh(), **more)


def sale(name, day, amount=100, scale=0, **more):
    return Transaction(
        customer_id=name, occurred_at=at(day), amount=amount, scale=scale, **fresh(), **more
    )


def stage_set(name, day, to, before=None, by="an"):
    moment = at(day)
    return StageChange(
        customer_id=name,
        changed_at=moment,
        from_stage=before,
        to_stage=to,
        by=by,
        how="set",
        recorded_at=moment,
    )


def fresh():
    return {"key": secrets.token_bytes(16), "recorded_at": datetime(2026, 1, 1, tzinfo=UTC)}


def rules(desk, text, kind="publish", fires=False):
    """Put a version in force."""
    with desk.database.write() as session:
        number = current(session).number + 1
        session.add(
            RulesetVersion(
                number=number,
                text=text,
                published_at=desk.now(),
                by=desk.by,
                kind=kind,
                fires=fires,
            )
        )
    return number


def shown(desk, name):
    """The stage that a customer shows."""
    with desk.database.read() as session:
        row = session.get(Customer, name)
        return row.overlay or row.stage


def label(desk, name, classifier="stale_contact"):
    """The label that stands."""
    with desk.database.read() as session:
        return session.get(LabelNow, (classifier, name)).label


def labels(desk, classifier):
    query = select(LabelNow.customer_id, LabelNow.label).where(LabelNow.classifier == classifier)
    with desk.database.read() as session:
        return dict(session.execute(query).all())


def changes(desk, name, classifier="stale_contact"):
    """Day, label and why of all that is recorded of a customer."""
    query = (
        select(LabelChange)
        .where(LabelChange.customer_id == name, LabelChange.classifier == classifier)
        .order_by(LabelChange.valid_from, LabelChange.recorded_at)
    )
    with desk.database.read() as session:
        return [(one.valid_from, one.label, one.why) for one in session.scalars(query)]


def emptied(desk):
    """The store as new, but for its rules and stages."""
    with desk.database.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in KEPT:
                session.execute(delete(table))
        session.execute(update(Counter).values(value=0))
        session.execute(delete(RulesetVersion).where(RulesetVersion.number > 1))
        assert session.scalars(select(Stage)).first()
