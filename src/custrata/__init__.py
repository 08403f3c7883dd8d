"""custrata classifies customers: plugins measure, tables decide.

Importing it pulls in no engine, web or database; a name is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custrata.engine.calibration import Calibration
    from custrata.engine.diagnostics import CustrataError, DataError, PluginError, RulesError
    from custrata.engine.engine import Engine
    from custrata.engine.rules_file import RulesFile

    __version__: str

__all__ = [
    "Calibration",
    "CustrataError",
    "DataError",
    "Engine",
    "PluginError",
    "RulesError",
    "RulesFile",
    "__version__",
]

_MODULES = {
    "Calibration": "custrata.engine.calibration",
    "CustrataError": "custrata.engine.diagnostics",
    "DataError": "custrata.engine.diagnostics",
    "Engine": "custrata.engine.engine",
    "PluginError": "custrata.engine.diagnostics",
    "RulesError": "custrata.engine.diagnostics",
    "RulesFile": "custrata.engine.rules_file",
}

if not TYPE_CHECKING:  # with it in sight, type checkers would take any name for a good one

    def __getattr__(name: str) -> object:
        """Import a public name, or find the version, when it is first asked for (PEP 562)."""
        value = _find(name)
        globals()[name] = value
        return value


def _find(name: str) -> object:
    from importlib import import_module

    if name == "__version__":
        return import_module("importlib.metadata").version("custrata")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
