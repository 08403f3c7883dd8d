"""What a mapping finds in a CRM, and what looks wrong, before anybody is classified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.connect.looks import looks
from custrata.service.connect.source import Crm
from custrata.service.connect.understand import Found, understand
from custrata.service.progress import Progress, silent


@dataclass(frozen=True)
class Report:
    """What a check tells.

    Attributes:
        found: by record; empty where nothing could be read.
        zone, currency: in which days begin and amounts are.
        removed: how many customers the CRM calls removed.
        faults: everything that is, or looks, wrong.
    """

    found: Mapping[str, Found] = field(default_factory=dict)
    zone: str | None = None
    currency: str | None = None
    removed: int = 0
    faults: tuple[Diagnostic, ...] = ()


def check(crm: Crm, progress: Progress = silent) -> Report:
    """Read all that the mapping asks for, and look at it; nothing is written."""
    try:
        extract = crm.extract(whole=True, progress=progress)
    except DataError as error:
        return Report(faults=error.diagnostics)
    done = understand(crm.mapping, extract, crm.tenant)
    faults = (*done.faults, *looks(crm.mapping, extract, done))
    customers = done.frames.get("customers")
    still = customers is not None and "removed" in customers.columns
    left = int(customers["removed"].sum()) if customers is not None and still else 0
    return Report(done.found, extract.zone, extract.currency, len(done.removed) + left, faults)
