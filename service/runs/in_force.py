"""The rules in force as an engine, for programs that classify one customer at a time."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import DataError
from custrata.service.desk import Desk
from custrata.service.rules.versions import current, engine_of, version
from custrata.service.runs.basis import last_full
from custrata.store.models import CalibrationRow, Run


def engine_in_force(desk: Desk) -> Engine:
    """The engine of the rules in force, with the cut points of the last run.

    Where these rules ask for cut points that no run has found yet, those of the last run go on
    until one has: a host's customers are never without labels because somebody published.

    Raises:
        StoreError: the store does not answer.
    """
    with desk.database.read() as session:
        rules, last = current(session), last_full(session)
        if last is None:
            return engine_of(rules)
        try:
            return calibrated(session, engine_of(rules), last)
        except DataError:
            return calibrated(session, engine_of(version(session, last.version)), last)


def calibrated(session: Session, engine: Engine, run: Run) -> Engine:
    """An engine with the cut points of a run; made once a process.

    Raises:
        DataError: these rules ask for others.
    """
    row = session.get_one(CalibrationRow, run.calibration_id)
    return _engine(engine, row.id, row.content)


@lru_cache(maxsize=16)
def _engine(engine: Engine, name: str, content: str) -> Engine:
    return engine.calibrated(Calibration.from_json(content, f"calibration {name}"))
