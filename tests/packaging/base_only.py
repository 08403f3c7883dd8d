"""`python base_only.py PROGRAM`: run a program as if only the base dependencies were installed."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))


def installed_with(extra: str | None = None) -> set[str]:
    """Distributions that come with custrata, and those of an extra."""
    extras: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
    waiting = [*PROJECT["project"]["dependencies"], *(extras[extra] if extra else ())]
    found: set[str] = {"custrata"}
    while waiting:
        name = _name(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += [line for line in _requires(name) if "extra ==" not in line]
    return found


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another platform
        return []


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


class Missing(MetaPathFinder):
    """Finds none of the packages that other distributions bring."""

    def __init__(self, kept: set[str]) -> None:
        brought = metadata.packages_distributions().items()
        self.banned = {top for top, names in brought if not {_name(name) for name in names} & kept}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in self.banned:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, Missing(installed_with(*sys.argv[2:])))
    exec(sys.argv[1], {"__name__": "__main__"})
