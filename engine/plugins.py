"""Finds the plugins that are installed and asks them what they bring.

Built-in plugins and strangers load the same way, by the entry points of the group
`custrata.plugins`. Every call makes a manager of its own: nothing is kept between calls. A
plugin that cannot be loaded is reported, never raised: only rules that use it must stop.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, TypeVar

import pluggy
from marshmallow import Schema, ValidationError

from custrata.engine import hookspecs
from custrata.engine.diagnostics import (
    Diagnostic,
    PluginError,
    RulesError,
    Severity,
    nearest,
    warning,
)
from custrata.engine.hookspecs import API, MEASURE_TYPES, Classifier, Measure, hookimpl
from custrata.engine.model import RECORDS
from custrata.engine.rules.document import Map, bare, read_document
from custrata.engine.rules.findings import Findings
from custrata.engine.rules.schema import ClassifierSchema, StringsSchema

GROUP = "custrata.plugins"
DISTRIBUTION = "custrata"
BUILT_IN = (
    *("rfm", "pareto", "loyalty", "stale_contact", "pyramid", "profile"),
    *("sales_stage", "relationship", "adopter", "lifecycle", "key_groups", "kotler"),
    "contradictions",
)

_T = TypeVar("_T")


@dataclass(frozen=True)
class ClassifierPlugin:
    """A table that ships with a plugin.

    Attributes:
        declaration: what the plugin's hook returned.
        defaults: `defaults.yaml`, each part knowing its place.
        strings: by language; `name`, `labels` by id, `bands` by measure and band.
        distribution, version: who brings it.
    """

    declaration: Classifier
    defaults: Map
    strings: Mapping[str, Mapping[str, Any]]
    distribution: str
    version: str


@dataclass(frozen=True)
class FailedPlugin:
    """A plugin that cannot be used, why, and what would help."""

    name: str
    version: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True)
class LoadedPlugin:
    """A plugin that can be used, and the names of what it brings."""

    name: str
    distribution: str
    version: str
    measures: tuple[str, ...]
    classifiers: tuple[str, ...]


@dataclass(frozen=True)
class Plugins:
    """What is installed.

    Attributes:
        measures: by name, custrata's own among them.
        classifiers: by name.
        loaded: plugins that can be used, custrata's own measures first. failed: those that cannot.
        versions: by distribution, of all plugins that can.
        diagnostics: warnings about plugins that work.
    """

    measures: Mapping[str, Measure] = field(default_factory=dict)
    classifiers: Mapping[str, ClassifierPlugin] = field(default_factory=dict)
    loaded: tuple[LoadedPlugin, ...] = ()
    failed: tuple[FailedPlugin, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    """A plugin that may be loaded."""

    name: str
    distribution: str
    version: str
    load: Callable[[], object]


@dataclass(frozen=True)
class _Brought:
    """What one plugin brings."""

    source: _Candidate
    measures: tuple[Measure, ...]
    classifiers: tuple[ClassifierPlugin, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def listed(self) -> LoadedPlugin:
        """By names."""
        return LoadedPlugin(
            self.source.name,
            self.source.distribution,
            self.source.version,
            tuple(one.name for one in self.measures),
            tuple(one.declaration.name for one in self.classifiers),
        )


class _Fault(Exception):
    """Why a plugin cannot be used; the remedy is known."""

    def __init__(self, reason: str, remedy: str):
        super().__init__(reason)
        self.remedy = remedy


class _OwnMeasures:
    """The measures that are always there, brought like a plugin's."""

    CUSTRATA_API = API

    @hookimpl
    def custrata_measures(self) -> Iterable[Measure]:
        """Bring the measures of the engine."""
        from custrata.engine.measures import builtin_measures

        return builtin_measures()


def load_plugins(extra: Iterable[object] = ()) -> Plugins:
    """Everything that installed plugins bring.

    Args:
        extra: modules or objects with hook implementations, besides what is installed.

    Raises:
        PluginError: two plugins bring one measure or one classifier.
    """
    manager = pluggy.PluginManager("custrata")
    manager.add_hookspecs(hookspecs)
    brought: list[_Brought] = []
    failed: list[FailedPlugin] = []
    for candidate in _candidates(extra):
        try:
            brought.append(_ask(manager, candidate))
        except Exception as error:  # noqa: BLE001 (a plugin may do anything; it is reported)
            failed.append(_failure(candidate, error))
    _refuse_doubles(brought)
    return Plugins(
        measures={measure.name: measure for one in brought for measure in one.measures},
        classifiers={table.declaration.name: table for one in brought for table in one.classifiers},
        loaded=tuple(one.listed for one in brought),
        failed=tuple(failed),
        versions={one.source.distribution: one.source.version for one in brought},
        diagnostics=tuple(found for one in brought for found in one.diagnostics),
    )


# --- what there is ------------------------------------------------------------------------


def _candidates(extra: Iterable[object]) -> Iterator[_Candidate]:
    version = _own_version()
    yield _Candidate("measures", DISTRIBUTION, version, _OwnMeasures)
    seen = set()
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        if entry.value not in seen:
            seen.add(entry.value)
            yield _installed(entry)
    for name in BUILT_IN:  # a source tree without metadata has no entry points
        module = f"custrata.plugins.{name}"
        if module not in seen:
            yield _Candidate(name, DISTRIBUTION, version, _importer(module))
    for plugin in extra:
        yield _given(plugin)


def _installed(entry: metadata.EntryPoint) -> _Candidate:
    dist = entry.dist
    name, version = (dist.name, dist.version) if dist else ("", "")
    return _Candidate(entry.name, name, version, entry.load)


def _importer(module: str) -> Callable[[], object]:
    return lambda: importlib.import_module(module)


def _given(plugin: object) -> _Candidate:
    name = getattr(plugin, "__name__", None) or type(plugin).__name__
    return _Candidate(name, name, str(getattr(plugin, "__version__", "")), lambda: plugin)


def _own_version() -> str:
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return ""


# --- what one plugin brings ---------------------------------------------------------------


def _ask(manager: pluggy.PluginManager, candidate: _Candidate) -> _Brought:
    plugin = candidate.load()
    _check_api(plugin)
    manager.register(plugin, name=f"{candidate.distribution}:{candidate.name}:{id(plugin)}")
    measures = tuple(_call(manager, plugin, "custrata_measures", Measure))
    declared = _call(manager, plugin, "custrata_classifiers", Classifier)
    for measure in measures:
        _check_measure(measure)
    classifiers = tuple(_read_classifier(one, candidate) for one in declared)
    return _Brought(candidate, measures, classifiers, tuple(_odd_hooks(plugin, candidate)))


def _check_api(plugin: object) -> None:
    spoken = getattr(plugin, "CUSTRATA_API", API)
    if spoken != API:
        remedy = f"install a version of the plugin for API {API}, or a custrata for API {spoken}"
        raise _Fault(f"it is made for API {spoken}, this custrata speaks {API}", remedy)


def _call(manager: pluggy.PluginManager, plugin: object, hook: str, kind: type[_T]) -> Iterator[_T]:
    """What one plugin's implementation of a hook returns, checked."""
    others = [one for one in manager.get_plugins() if one is not plugin]
    for returned in manager.subset_hook_caller(hook, remove_plugins=others)():
        for item in returned:
            if not isinstance(item, kind):
                remedy = f"return instances of custrata.engine.hookspecs.{kind.__name__}"
                raise _Fault(f"{hook} returned {type(item).__name__}", remedy)
            yield item


def _check_measure(measure: Measure) -> None:
    """Refuse a declaration that could only break later, when customers are measured."""
    _check_parameters(measure)
    if measure.type not in MEASURE_TYPES:
        raise _Fault(
            f"measure {measure.name} has the type {measure.type!r}", _one_of(MEASURE_TYPES)
        )
    records = (*RECORDS, "lines")
    for read in measure.inputs:
        if read.partition(".")[0] not in records:
            raise _Fault(f"measure {measure.name} reads {read!r}", _one_of(records))
    if not measure.inputs:
        raise _Fault(f"measure {measure.name} reads nothing", "name a record in `inputs`")
    if (measure.scope == "population") != (measure.fit is not None):
        remedy = "give `fit` and the scope `population` together, or neither"
        raise _Fault(f"measure {measure.name} has the scope {measure.scope!r}", remedy)


def _one_of(known: Iterable[str]) -> str:
    return f"use one of {', '.join(known)}"


def _check_parameters(declared: Measure | Classifier) -> None:
    schema: object = declared.parameters
    if schema is not None and not (inspect.isclass(schema) and issubclass(schema, Schema)):
        remedy = "give a marshmallow Schema class"
        raise _Fault(f"the parameters of {declared.name} are {type(schema).__name__}", remedy)


def _read_classifier(declared: Classifier, candidate: _Candidate) -> ClassifierPlugin:
    _check_parameters(declared)
    defaults = _read_yaml(declared.folder / "defaults.yaml", ClassifierSchema())
    strings = {
        path.stem: bare(_read_yaml(path, StringsSchema()))
        for path in sorted((declared.folder / "strings").glob("*.yaml"))
    }
    return ClassifierPlugin(declared, defaults, strings, candidate.distribution, candidate.version)


def _read_yaml(path: Any, schema: Schema) -> Map:
    """A plugin's file.

    Raises:
        RulesError: it is not what the schema says.
    """
    document = read_document(path.read_bytes(), str(path))
    if document.root is None or document.faults:
        raise RulesError(document.faults)
    findings = Findings(document.root)
    try:
        schema.load(document.root)
    except ValidationError as error:
        findings.messages(error.messages, ())
        raise RulesError(findings.sorted()) from None
    return document.root


def _odd_hooks(plugin: object, candidate: _Candidate) -> Iterator[Diagnostic]:
    """Functions that look like hooks and would never be called."""
    known = [name for name in vars(hookspecs) if name.startswith("custrata_")]
    for name in dir(plugin):
        if not name.startswith("custrata_"):
            continue
        who = f"plugin {candidate.name} {candidate.version}".strip()
        if name not in known:
            text = f"{who} has a hook {name!r} that this custrata does not know"
            close = nearest(name, known)
            yield Diagnostic(
                "unknown-hook",
                text,
                Severity.WARNING,
                allowed=", ".join(known),
                nearest=close,
            )
        elif not hasattr(getattr(plugin, name), "custrata_impl"):
            yield warning(
                "unmarked-hook", f"{who} has {name!r} without @hookimpl, it is not called"
            )


def _failure(candidate: _Candidate, error: Exception) -> FailedPlugin:
    reason = _reason(error)
    if isinstance(error, _Fault):
        remedy = error.remedy
    elif isinstance(error, ImportError):
        remedy = f"install what it needs, or remove it: pip uninstall {candidate.distribution}"
    else:
        remedy = f"upgrade it, or remove it: pip uninstall {candidate.distribution}"
    return FailedPlugin(candidate.name, candidate.version, reason, remedy)


def _reason(error: Exception) -> str:
    """In one line."""
    if isinstance(error, RulesError):
        first, *more = error.diagnostics
        return f"{first}{f' (and {len(more)} more)' if more else ''}"
    text = " ".join(str(error).split())
    return text if isinstance(error, _Fault | ImportError) else f"{type(error).__name__}: {text}"


def _refuse_doubles(brought: Iterable[_Brought]) -> None:
    faults: list[Diagnostic] = []
    owners: dict[tuple[str, str], str] = {}
    for one in brought:
        named = [("measure", measure.name) for measure in one.measures]
        named += [("classifier", table.declaration.name) for table in one.classifiers]
        who = f"{one.source.name} ({one.source.distribution} {one.source.version})"
        for kind, name in named:
            owner = owners.setdefault((kind, name), who)
            if owner is not who:
                text = f"plugins {owner} and {who} both bring the {kind} {name!r}"
                faults.append(Diagnostic("double-name", text, allowed="one of the two plugins"))
    if faults:
        raise PluginError(faults)
