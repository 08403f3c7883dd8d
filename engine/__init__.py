"""The pure core: facts in, labels out. No database, no web, no clock.

The names below are public; plugins use them and nothing else of this package. They load on
first use, so that importing the core costs nothing that is not needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from custrata.engine.calibration import Calibration
    from custrata.engine.diagnostics import (
        CustrataError,
        DataError,
        Diagnostic,
        PluginError,
        RulesError,
        Severity,
    )
    from custrata.engine.engine import Engine
    from custrata.engine.facts import Facts
    from custrata.engine.hookspecs import API, Classifier, Measure, hookimpl
    from custrata.engine.measures.context import Context, Unmeasurable
    from custrata.engine.plugins import Plugins, load_plugins

__all__ = [
    "API",
    "Calibration",
    "Classifier",
    "Context",
    "CustrataError",
    "DataError",
    "Diagnostic",
    "Engine",
    "Facts",
    "Measure",
    "PluginError",
    "Plugins",
    "RulesError",
    "Severity",
    "Unmeasurable",
    "hookimpl",
    "load_plugins",
    "nw",
]

_HOMES = {
    "calibration": ("Calibration",),
    "diagnostics": (
        "CustrataError",
        "DataError",
        "Diagnostic",
        "PluginError",
        "RulesError",
        "Severity",
    ),
    "facts": ("Facts",),
    "hookspecs": ("API", "Classifier", "Measure", "hookimpl"),
    "measures.context": ("Context", "Unmeasurable"),
    "plugins": ("Plugins", "load_plugins"),
    "engine": ("Engine",),
}
_HOME_OF = {name: f"custrata.engine.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "nw":
        return importlib.import_module("narwhals.stable.v2")
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
