"""The rules in force as an engine, for programs that classify one customer at a time."""

from __future__ import annotations

from custrata import Engine
from custrata.service.desk import Desk
from custrata.service.rules.versions import current, engine_of
from custrata.service.runs.basis import calibration_of, last_full


def engine_in_force(desk: Desk) -> Engine:
    """The engine of the rules in force, with the cut points of the last run that used them.

    Raises:
        StoreError: the store does not answer.
    """
    with desk.database.read() as session:
        rules, last = current(session), last_full(session)
        engine = engine_of(rules)
        if last is None or last.version != rules.number:
            return engine
        return engine.calibrated(calibration_of(session, last))
