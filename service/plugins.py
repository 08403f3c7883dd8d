"""The plugins of this process: what each brings, and what the rules in force use of it."""

from __future__ import annotations

from dataclasses import dataclass

from custrata import Engine
from custrata.engine.plugins import FailedPlugin, LoadedPlugin

_INNER = "_"
"""Begins the names of parts that other measures are made of, and no rules may read."""


@dataclass(frozen=True)
class Part:
    """A measure or a classifier that a plugin brings.

    Attributes:
        used: whether the rules in force use it.
        languages: in which a classifier has names, by their codes; measures have theirs elsewhere.
    """

    name: str
    used: bool
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plugin:
    """A plugin that can be used."""

    name: str
    distribution: str
    version: str
    classifiers: tuple[Part, ...]
    measures: tuple[Part, ...]

    @property
    def used(self) -> bool:
        """Whether the rules in force use anything of it."""
        return any(one.used for one in (*self.classifiers, *self.measures))


@dataclass(frozen=True)
class Installed:
    """All plugins: those that can be used, and those that cannot, with the remedy."""

    loaded: tuple[Plugin, ...]
    failed: tuple[FailedPlugin, ...]
    warnings: tuple[str, ...]


def installed(engine: Engine) -> Installed:
    """What is installed, as the rules of an engine use it."""
    plugins = engine.plugins
    warnings = tuple(one.message for one in plugins.diagnostics)
    return Installed(
        tuple(_plugin(engine, one) for one in plugins.loaded), plugins.failed, warnings
    )


def _plugin(engine: Engine, one: LoadedPlugin) -> Plugin:
    tables = {table.plugin for table in engine.ruleset.classifiers}
    read = _measures(engine)
    known = engine.plugins.classifiers
    return Plugin(
        one.name,
        one.distribution,
        one.version,
        tuple(Part(name, name in tables, tuple(known[name].strings)) for name in one.classifiers),
        tuple(Part(name, name in read) for name in one.measures if not name.startswith(_INNER)),
    )


def _measures(engine: Engine) -> frozenset[str]:
    """The measures that the rules read, under whichever name."""
    found: set[str] = set()
    ahead = list(engine.ruleset.columns)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead += _behind(engine, name)
    return frozenset(found)


def _behind(engine: Engine, name: str) -> list[str]:
    """What a measure is made of."""
    use = engine.ruleset.measures.get(name)
    parts = [] if use is None else [*(use.ratio or ()), *(use.difference or ())]
    if use is not None and use.measure is not None:
        parts.append(use.measure)
    declared = engine.plugins.measures.get(name)
    read = declared.inputs if declared is not None else ()
    return parts + [one.removeprefix("measures.") for one in read if one.startswith("measures.")]
