"""What a mapping finds in a CRM, and what looks wrong, before anybody is classified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import narwhals.stable.v2 as nw
import polars as pl

from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.engine.facts.consent import COLUMN, left_out
from custrata.engine.model import DENIED
from custrata.service.connect.looks import looks
from custrata.service.connect.source import Crm
from custrata.service.connect.understand import Found, understand
from custrata.service.connect.write_back import doubts
from custrata.service.progress import Progress, silent


@dataclass(frozen=True)
class Report:
    """What a check tells.

    Attributes:
        found: by record; empty where nothing could be read.
        zone, currency: in which days begin and amounts are.
        removed: how many customers the CRM calls removed.
        refused: how many refused consent; None where no column says it.
        faults: everything that is, or looks, wrong.
    """

    found: Mapping[str, Found] = field(default_factory=dict)
    zone: str | None = None
    currency: str | None = None
    removed: int = 0
    refused: int | None = None
    faults: tuple[Diagnostic, ...] = ()


def check(crm: Crm, progress: Progress = silent) -> Report:
    """Read all that the mapping asks for, and look at it; nothing is written."""
    try:
        extract = crm.extract(whole=True, progress=progress)
    except DataError as error:
        return Report(faults=error.diagnostics)
    done = understand(crm.mapping, extract, crm.tenant)
    of_write_back = doubts(crm.mapping, crm.url, crm.tenant)
    faults = (*done.faults, *looks(crm.mapping, extract, done), *of_write_back)
    customers = done.frames.get("customers")
    still = customers is not None and "removed" in customers.columns
    left = int(customers["removed"].sum()) if customers is not None and still else 0
    removed, refused = len(done.removed) + left, _refused(customers)
    return Report(done.found, extract.zone, extract.currency, removed, refused, faults)


def _refused(customers: pl.DataFrame | None) -> int | None:
    """As `classify` counts them, where nothing else is said."""
    if customers is None or COLUMN not in customers.columns:
        return None
    out = left_out(nw.from_native(customers).lazy(), DENIED)
    return 0 if out is None else len(out.collect())
