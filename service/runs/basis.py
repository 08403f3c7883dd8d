"""What a run rests on: rules, facts up to a number, the run before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import Diagnostic, RulesError, warning
from custrata.service.desk import Desk
from custrata.service.rules.versions import current, engine_of, version
from custrata.service.runs.effects import Outward
from custrata.service.runs.groups import dynamic_rules, with_groups
from custrata.service.runs.labels import Before
from custrata.store.models import CalibrationRow, RulesetVersion, Run

FULL, BACK_FILL, SINGLE = "full", "back_fill", "single"
RUNNING, LANDED, FAILED, CANCELLED, LOST = "running", "landed", "failed", "cancelled", "lost"


@dataclass(frozen=True)
class Basis:
    """What a run starts from.

    Attributes:
        engine: the rules' tables and those of dynamic groups. own: the rules' alone.
        number: the version of the rules. outward: which effects may leave the house; of what a
            new version changes, its publisher says.
        before: the last full run that landed.
        latest: the last day as of which anybody was classified. today: in the rules' time zone.
        notes: groups that cannot be decided.
    """

    engine: Engine
    own: Engine
    number: int
    before: Before | None
    outward: Outward
    latest: date | None
    today: date
    notes: tuple[Diagnostic, ...] = ()


def last_full(session: Session) -> Run | None:
    """The last run of all customers that landed."""
    landed = select(Run).where(Run.kind == FULL, Run.state == LANDED)
    return session.scalars(landed.order_by(Run.as_of.desc(), Run.id.desc()).limit(1)).first()


def basis(session: Session, desk: Desk, number: int | None = None) -> Basis:
    """What a run of now starts from; `number` names another version than that in force."""
    rules = current(session) if number is None else version(session, number)
    own = engine_of(rules)
    engine, notes = _deciding_groups(session, rules)
    last = last_full(session)
    before = _before(session, last) if last else None
    return Basis(
        engine,
        own,
        rules.number,
        before,
        _outward(rules, own, before),
        _latest(session),
        desk.today(own.ruleset.time_zone),
        notes,
    )


def _latest(session: Session) -> date | None:
    present = select(func.max(Run.as_of)).where(Run.kind != BACK_FILL, Run.state == LANDED)
    return session.scalar(present)


def calibration_of(session: Session, run: Run) -> Calibration:
    """The cut points that a run used."""
    row = session.get_one(CalibrationRow, run.calibration_id)
    return Calibration.from_json(row.content, f"calibration {row.id}")


def _before(session: Session, last: Run) -> Before:
    return Before(
        engine=engine_of(version(session, last.version)),
        number=last.version,
        calibration=calibration_of(session, last),
        as_of=last.as_of,
        watermark=last.watermark,
        plugins=last.plugins,
    )


def _deciding_groups(
    session: Session, rules: RulesetVersion
) -> tuple[Engine, tuple[Diagnostic, ...]]:
    """The engine with those groups whose rules go with the version; warnings of the others."""
    good: dict[str, str] = {}
    notes = []
    for code, rule in dynamic_rules(session).items():
        try:
            with_groups(rules, {code: rule})
        except RulesError:
            told = f"the rule of group {code} does not go with version {rules.number} of the rules"
            notes.append(warning("group-rule", f"{told}; its members stay as they are"))
        else:
            good[code] = rule
    return with_groups(rules, good), tuple(notes)


def _outward(rules: RulesetVersion, own: Engine, before: Before | None) -> Outward:
    names = frozenset(one.name for one in own.ruleset.classifiers)
    if rules.fires:
        return Outward(names, rules=True)
    if before is None or (rules.kind == "roll_back" and before.number != rules.number):
        return Outward(frozenset(), rules=False)
    known = {one.name for one in before.engine.ruleset.classifiers}
    return Outward(names & known, rules=False)
