"""New versions: published from drafts, now or at a time, rolled back to, imported.

A version is a change of the one in force when it was thought of. If another came into force since,
it is refused, and its number is unique: of two who publish at once one lands, and the other is told
who was first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from custrata.engine.diagnostics import CustrataError
from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.rules import texts
from custrata.service.rules.drafts import OPEN, PUBLISHED, Draft, draft, held, unscheduled
from custrata.service.rules.review import need_approval, need_sound
from custrata.service.rules.versions import Version, current, moment, need_in_force, version
from custrata.service.settings import settings
from custrata.store import models
from custrata.store.faults import StoreError, refuse

_PASSES = frozenset({"database-busy", "database-away", "disk-full"})
"""Faults that are none of a draft's."""


@dataclass(frozen=True)
class Due:
    """A draft whose time had come, and what became of it.

    Attributes:
        version: the number that it got; None where it could not be published.
        fault: why not.
    """

    draft_id: int
    version: int | None
    fault: str | None = None


def publish(
    desk: Desk, draft_id: int, revision: int, comment: str | None = None, fires: bool = False
) -> Version:
    """Bring a draft into force, as a new version.

    Args:
        revision: the one that is meant.
        comment: why; kept with the version.
        fires: whether the first run under it fires outward effects.

    Raises:
        RulesError: its text has errors.
        StoreError: `draft-changed`, `draft-closed`, `own-draft`, `not-approved`; `rules-moved` if
            another version than its base is in force (see `drafts.rebase`).
    """
    return _publish(desk, need_sound(desk, draft_id, revision), comment, fires)


def roll_back(
    desk: Desk,
    number: int,
    comment: str | None = None,
    fires: bool = False,
    expected: int | None = None,
) -> Version:
    """Bring the rules of an earlier version into force again, as a new version.

    One person may, also where four eyes are required: it is the way out when something went wrong,
    and leads only to what was in force before.

    Args:
        expected: the number of the version that is in force, as far as the person knows.

    Raises:
        RulesError: they have errors, since plugins changed.
        StoreError: `no-version`, `same-rules`, `rules-moved`.
    """
    with desk.database.read() as session:
        newest, text = current(session), version(session, number).text
        if text == newest.text:
            told = f"version {newest.number}, which is in force, has the text of version {number}"
            raise refuse("same-rules", told, "a version with another text")
        base = newest.number if expected is None else expected
    return _publish_text(desk, _New(text, "roll_back", base, comment, fires, detail={"of": number}))


def import_text(
    desk: Desk,
    text: str,
    comment: str | None = None,
    expected: int | None = None,
    fires: bool = False,
) -> Version | None:
    """Bring a file's rules into force, as a new version; None where they are, to the character.

    Args:
        expected: the number of the version that is in force, as far as the person knows.

    Raises:
        RulesError: they have errors.
        StoreError: `rules-moved`; `four-eyes` where those are required: then it takes a draft.
    """
    texts.need_storable(text)
    with desk.database.read() as session:
        newest = current(session)
        base = newest.number if expected is None else expected
        need_in_force(session, base)
        if text == newest.text:
            return None
        if settings(session).four_eyes:
            told = "four eyes are required, so one person alone imports no rules"
            raise refuse("four-eyes", told, "a draft of them, which somebody else approves")
    return _publish_text(desk, _New(text, "import", base, comment, fires))


def export_text(session: Session, number: int | None = None) -> str:
    """The rules of a version, to the character; default: of the one in force.

    Raises:
        StoreError: there is no such version.
    """
    return (current(session) if number is None else version(session, number)).text


# --- at a time ----------------------------------------------------------------------------


def schedule(
    desk: Desk,
    draft_id: int,
    revision: int,
    at: datetime,
    comment: str | None = None,
    fires: bool = False,
) -> Draft:
    """Have a draft published at a time, as if by who asks; `unschedule`, or a save, undoes it.

    Raises:
        ValueError: the time has no zone.
        RulesError, StoreError: as `publish`; `publish-time` if the time is over.
    """
    if at.tzinfo is None:
        raise ValueError(f"a time needs its zone, got {at.isoformat()}")
    said = texts.comment_of(comment)
    need_sound(desk, draft_id, revision)
    with desk.database.write() as session:
        if at <= desk.now():
            raise refuse("publish-time", f"{moment(at)} is over", f"after {moment(desk.now())}")
        row = held(session, draft_id, revision)
        need_approval(session, desk, row)
        need_in_force(session, row.base)
        row.publish_at, row.publish_by, row.fires = at.astimezone(UTC), desk.by, fires
        row.comment, row.fault = said, None
        note(session, desk, "draft.schedule", "draft", row.id, revision=revision, at=moment(at))
        return draft(session, draft_id)


def unschedule(desk: Desk, draft_id: int) -> Draft:
    """Forget when a draft was to be published.

    Raises:
        StoreError: `no-draft`, `draft-closed`.
    """
    with desk.database.write() as session:
        row = held(session, draft_id)
        if row.publish_at is not None:
            unscheduled(row)
            note(session, desk, "draft.unschedule", "draft", row.id, revision=row.revision)
        return draft(session, draft_id)


def publish_due(desk: Desk) -> tuple[Due, ...]:
    """Publish the drafts whose time has come, the earliest first; workers call it.

    What stands in a draft's way is kept as its `fault`, and it waits for a person again. However
    many do this at once, each draft is published once.

    Raises:
        StoreError: the database does not answer.
    """
    with desk.database.read() as session:
        due = select(models.Draft.id).where(
            models.Draft.publish_at <= desk.now(), models.Draft.state.in_(OPEN)
        )
        ids = session.scalars(due.order_by(models.Draft.publish_at, models.Draft.id)).all()
        waiting = [draft(session, one) for one in ids]
    return tuple(found for one in waiting if (found := _publish_due(desk, one)))


def _publish_due(desk: Desk, seen: Draft) -> Due | None:
    """None where it is not this worker who does it."""
    person = desk.of(seen.publish_by or seen.created_by)
    try:
        texts.need_sound(seen.text)
        landed = _publish(person, seen, seen.comment, seen.fires, on_time=True)
    except Exception as error:
        if isinstance(error, StoreError) and error.diagnostics[0].code in _PASSES:
            raise
        known = isinstance(error, CustrataError)
        return _give_up(desk, seen, str(error) if known else f"broke off: {type(error).__name__}")
    return Due(seen.id, landed.number)


def _give_up(desk: Desk, seen: Draft, fault: str) -> Due | None:
    with desk.database.write() as session:
        row = session.get_one(models.Draft, seen.id, with_for_update=True)
        if not _is_as_seen(row, seen):
            return None
        unscheduled(row)
        row.fault = fault
        note(session, desk, "draft.fault", "draft", row.id, revision=row.revision, fault=fault)
    return Due(seen.id, None, fault)


def _is_as_seen(row: models.Draft, seen: Draft) -> bool:
    """Whether a draft still waits for the same moment, unchanged."""
    now = (row.state, row.revision, row.publish_at)
    return now == (seen.state, seen.revision, seen.publish_at)


# --- landing ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _New:
    """A version that is to be.

    Attributes:
        base: the number of the version that it takes the place of.
        detail: what an audit event says besides.
    """

    text: str
    kind: str
    base: int
    comment: str | None
    fires: bool
    draft_id: int | None = None
    detail: Mapping[str, int] = field(default_factory=dict)


def _publish(
    desk: Desk, seen: Draft, comment: str | None, fires: bool, on_time: bool = False
) -> Version:
    with _landing(desk, seen.base) as session:
        row = held(session, seen.id, seen.revision)
        if on_time and not _is_as_seen(row, seen):
            raise refuse("not-scheduled", f"draft {row.id} is not to be published now")
        need_approval(session, desk, row)
        row.state, row.fault = PUBLISHED, None
        unscheduled(row)
        detail = {"draft": row.id, "revision": row.revision}
        new = _New(row.text, "publish", row.base, comment, fires, row.id, detail)
        return _land(session, desk, new)


def _publish_text(desk: Desk, new: _New) -> Version:
    texts.need_sound(new.text, "rules")
    with _landing(desk, new.base) as session:
        return _land(session, desk, new)


@contextmanager
def _landing(desk: Desk, base: int) -> Iterator[Session]:
    """The transaction of a new version; whoever comes second finds its number taken."""
    try:
        with desk.database.write() as session:
            yield session
    except IntegrityError:
        with desk.database.read() as session:
            need_in_force(session, base)
        raise


def _land(session: Session, desk: Desk, new: _New) -> Version:
    need_in_force(session, new.base)
    row = models.RulesetVersion(
        number=new.base + 1,
        text=new.text,
        published_at=desk.now(),
        by=desk.by,
        comment=texts.comment_of(new.comment),
        kind=new.kind,
        fires=new.fires,
        draft_id=new.draft_id,
    )
    session.add(row)
    session.flush()
    note(session, desk, "rules.publish", "version", row.number, kind=new.kind, **new.detail)
    return Version.of(row)
