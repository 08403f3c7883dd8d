"""Rules that change while their host runs: read again when the file has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from custrata.engine.calibration import Calibration
from custrata.engine.diagnostics import CustrataError, Diagnostic
from custrata.engine.engine import Engine, read_rules

if TYPE_CHECKING:
    from custrata.engine.plugins import Plugins

Report = Callable[[tuple[Diagnostic, ...]], None]
"""Called with what is wrong with files that were changed, once a change."""


@dataclass(frozen=True)
class _Loaded:
    """What the files held, and what came of it; the engine is that of the last good ones."""

    rules: bytes | None
    calibration: bytes | None
    engine: Engine
    diagnostics: tuple[Diagnostic, ...] = ()


class RulesFile:
    """A rules file, and the engine of what it holds by now.

    It has no thread of its own: `current` looks whether the files' content has changed. Many
    threads may ask; one of them reads, the others go on with the engine that is there.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        calibration: str | Path | None = None,
        report: Report | None = None,
        engine: str = "polars",
        plugins: Plugins | None = None,
    ) -> None:
        """Read the files for the first time.

        Args:
            path: a YAML file in the rules format.
            calibration: the file of a calibration that belongs to these rules.
            report: told what is wrong with a change; None leaves it to `diagnostics`.
            engine: what computes, `polars`, `duckdb` or `spark`.
            plugins: None loads those that are installed.

        Raises:
            RulesError: the rules are wrong.
            DataError: the calibration is, or it belongs to other rules.
        """
        from custrata.engine.plugins import load_plugins

        self._path = Path(path)
        self._calibration = None if calibration is None else Path(calibration)
        self._report, self._name = report, engine
        self._plugins = plugins or load_plugins()
        self._reading = Lock()
        self._loaded = self._load(*self._contents())

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What keeps the files from being used as they are now; empty where nothing does."""
        return self._loaded.diagnostics

    def current(self) -> Engine:
        """The engine of the files as they are now, or of the last ones that were good."""
        if not self._reading.acquire(blocking=False):
            return self._loaded.engine
        try:
            changed = self._read()
        finally:
            self._reading.release()
        if changed and changed.diagnostics and self._report:
            self._report(changed.diagnostics)
        return self._loaded.engine

    def _read(self) -> _Loaded | None:
        """What came of the files, where they have changed."""
        before = self._loaded
        rules, calibration = self._contents()
        if (rules, calibration) == (before.rules, before.calibration):
            return None
        try:
            self._loaded = self._load(rules, calibration)
        except CustrataError as error:
            self._loaded = _Loaded(rules, calibration, before.engine, error.diagnostics)
        return self._loaded

    def _contents(self) -> tuple[bytes | None, bytes | None]:
        """What the files hold; None where one cannot be read, or is not wanted."""
        return _content(self._path), _content(self._calibration)

    def _load(self, rules: bytes | None, calibration: bytes | None) -> _Loaded:
        text = read_rules(self._path) if rules is None else rules
        engine = Engine.from_text(text, str(self._path), engine=self._name, plugins=self._plugins)
        if self._calibration:
            engine = engine.calibrated(_calibration(self._calibration, calibration))
        return _Loaded(rules, calibration, engine)


def _calibration(path: Path, content: bytes | None) -> Calibration:
    """Of what was read, so that the engine is that of the content which is remembered."""
    return Calibration.load(path) if content is None else Calibration.from_json(content, str(path))


def _content(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path else None
    except OSError:
        return None
