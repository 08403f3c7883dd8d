"""A CRM as something that can be classified: its records as frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custrata.engine.diagnostics import DataError
from custrata.service.connect.exports import extract_files
from custrata.service.connect.extract import Extract, extract
from custrata.service.connect.loading import load_mapping
from custrata.service.connect.looks import looks
from custrata.service.connect.model import CrmMapping
from custrata.service.connect.servers import address_of
from custrata.service.connect.understand import understand
from custrata.service.files import File
from custrata.service.progress import Progress, silent

_ASIDE = ("duplicates-likely", "unknown-customer")
"""What a check tells: the one is about no label, the other is said by the run itself."""


@dataclass(frozen=True)
class Crm:
    """Where a CRM is, and how it is read.

    Attributes:
        url: of the database; else that of the mapping's environment variable.
        tenant: whose rows. files: by record, of a mapping of the kind `files`.
    """

    mapping: CrmMapping
    url: str | None = None
    tenant: str | None = None
    files: Mapping[str, Path] = field(default_factory=dict)

    def extract(self, *, whole: bool = False, progress: Progress = silent) -> Extract:
        """Its rows.

        Raises:
            DataError: see `extract` and `extract_files`; words that do not fit the mapping.
        """
        if self.mapping.kind == "files":
            self._refuse(url=self.url, tenant=self.tenant)
            return extract_files(self.mapping, self.files, progress)
        self._refuse(**{record: str(path) for record, path in self.files.items()})
        address = address_of(self.mapping, self.url)
        return extract(self.mapping, address, self.tenant, whole=whole, progress=progress)

    def frames(self, progress: Progress = silent) -> dict[str, Any]:
        """The records, ready for `Engine.run`.

        Raises:
            DataError: anything is wrong that would make labels wrong.
        """
        extract = self.extract(progress=progress)
        done = understand(self.mapping, extract, self.tenant)
        if done.errors:
            raise DataError(done.faults)
        doubts = (one for one in looks(self.mapping, extract, done) if one.code not in _ASIDE)
        notes = (*done.faults, *doubts)
        frames: dict[str, Any] = {}
        for record, frame in done.frames.items():
            frames[record] = File(f"{self.mapping.name} {record}", frame, notes=notes)
            notes = ()
        return frames

    def _refuse(self, **given: str | None) -> None:
        """Words of another kind of mapping."""
        named = [name for name, value in given.items() if value is not None]
        if named:
            kind = "files" if self.mapping.kind == "files" else "a database"
            told = f"the mapping {self.mapping.name} is about {kind}, and {named[0]} was given"
            raise DataError(self.mapping.fault("mapping-kind", told, "connection", "kind"))


def crm(name: str, url: str | None, tenant: str | None, files: Mapping[str, Path]) -> Crm:
    """A CRM by the name of a mapping that ships, or a file.

    Raises:
        DataError: there is no such mapping, or it is at fault.
    """
    return Crm(load_mapping(name), url, tenant, files)
