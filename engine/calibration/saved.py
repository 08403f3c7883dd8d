"""A calibration as it is kept: cut points and fitted states, named by the runs that use them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from custrata.engine.calibration.exact import decimal_text
from custrata.engine.calibration.fingerprint import content_hash, fingerprint
from custrata.engine.diagnostics import DataError, Diagnostic, warning
from custrata.engine.model import Bands, Cut, FoundBands, Ruleset

FORMAT = 1
"""Version of the file's form."""

_OLD_DAYS = 30
_ID_LENGTH = 12

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]


@dataclass(frozen=True)
class Calibration:
    """What a population decided, frozen.

    Attributes:
        ruleset: fingerprint of the rules that it belongs to.
        as_of: the day of the run that found it.
        bands: by classifier and measure, only those that had to be found.
        states: what measures fitted, by name, as JSON values.
        plugins: versions by name.
        customers: how many there were.
        scales: decimals that the values of exact measures have, by name.
    """

    ruleset: str
    as_of: date
    bands: Mapping[str, Mapping[str, FoundBands]] = field(default_factory=dict)
    states: Mapping[str, Any] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    customers: int = 0
    scales: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """Short name of the content: equal for equal calibrations."""
        return content_hash(self._content, _ID_LENGTH)

    def to_json(self) -> str:
        """The calibration as text; loses nothing."""
        return json.dumps(self._content, indent=2, sort_keys=True, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, file: str = "<calibration>") -> Calibration:
        """The calibration that a text holds.

        Args:
            text: what `to_json` gave, or its bytes in UTF-8.
            file: its name, for messages.

        Raises:
            DataError: it is no calibration; every fault with its place and what is allowed.
        """
        from custrata.engine.calibration.schema import read  # marshmallow, on demand

        try:
            text = text if isinstance(text, str) else text.decode()
        except UnicodeDecodeError as error:
            raise _unreadable(file, "is no UTF-8 text") from error
        return cls(**read(text, file))

    @classmethod
    def load(cls, path: str | Path) -> Calibration:
        """The calibration that a file holds.

        Raises:
            DataError: see `from_json`; or the file cannot be read.
        """
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise _unreadable(str(path), error.strerror or "cannot be read") from error
        return cls.from_json(content, str(path))

    def save(self, path: str | Path) -> None:
        """Write it to a file, as `load` reads it."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    def check_matches(self, ruleset: Ruleset) -> None:
        """Whether these rules ask for what was found here.

        Raises:
            DataError: it belongs to other rules.
        """
        wanted = fingerprint(ruleset)
        if self.ruleset == wanted and self._names_match(ruleset):
            return
        message = (
            f"calibration {self.id} of {self.as_of} belongs to other rules than {ruleset.file}: "
            f"their bands, populations or measures differ ({self.ruleset}, not {wanted})"
        )
        allowed = "a calibration that was found with these rules"
        raise DataError(Diagnostic("calibration-mismatch", message, allowed=allowed))

    def _names_match(self, ruleset: Ruleset) -> bool:
        """Whether every found band has its names; `duplicates` may have dropped some."""
        for one in ruleset.classifiers:
            for measure, bands in one.bands.items():
                saved = self.bands.get(one.name, {}).get(measure)
                if bands.found and (saved is None or not _among(saved.names, bands)):
                    return False
        return True

    def warnings(
        self, as_of: date, plugins: Mapping[str, str] | None = None
    ) -> tuple[Diagnostic, ...]:
        """What speaks against using it; empty where nothing does.

        Args:
            as_of: the day that it is to be used for.
            plugins: versions of those installed, by name.
        """
        found = []
        age = (as_of - self.as_of).days
        if age > _OLD_DAYS:
            message = f"calibration {self.id} of {self.as_of} is {age} days old on {as_of}"
            found.append(warning("calibration-old", f"{message}, more than {_OLD_DAYS}"))
        if age < 0:
            message = f"calibration {self.id} of {self.as_of} is later than {as_of}"
            found.append(warning("calibration-later", f"{message}: it knows what was unknown then"))
        for name, version in (plugins or {}).items():
            if self.plugins.get(name, version) != version:
                message = f"calibration {self.id} was found by {name} {self.plugins[name]}"
                found.append(warning("calibration-plugin", f"{message}, {version} is installed"))
        return tuple(found)

    @cached_property
    def _content(self) -> dict[str, Any]:
        return {
            "calibration": FORMAT,
            "ruleset": self.ruleset,
            "as_of": self.as_of.isoformat(),
            "customers": self.customers,
            "bands": {
                classifier: {measure: _bands(bands) for measure, bands in measures.items()}
                for classifier, measures in self.bands.items()
            },
            "states": dict(self.states),
            "plugins": dict(self.plugins),
            "scales": dict(self.scales),
        }


def _unreadable(file: str, reason: str) -> DataError:
    return DataError(Diagnostic("calibration-unreadable", f"{file} cannot be read: {reason}"))


def _among(names: tuple[str, ...], bands: Bands) -> bool:
    if bands.duplicates == "keep":
        return names == bands.names
    left = iter(bands.names)
    return bool(names) and all(name in left for name in names)


def _bands(bands: FoundBands) -> dict[str, Any]:
    return {"cuts": [_cut(cut) for cut in bands.cuts], "names": list(bands.names)}


def _cut(cut: Cut | None) -> dict[str, Any] | None:
    return None if cut is None else {"at": decimal_text(cut.at), "strict": cut.strict}
