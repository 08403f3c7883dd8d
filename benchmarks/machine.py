"""On what it was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "custrata",
    "narwhals",
    "polars",
    "duckdb",
    "pandas",
    "pyarrow",
    "numpy",
    "zen-engine",
    "common-expression-language",
    "rule-engine",
    "business-rules",
)


def machine() -> str:
    """Processor, cores, memory, system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB of memory, {platform.system()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def versions() -> str:
    """Python and the packages compared."""
    found = [f"Python {platform.python_version()}"]
    return ", ".join(found + [f"{name} {_version(name)}" for name in PACKAGES])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(from the tree)"
