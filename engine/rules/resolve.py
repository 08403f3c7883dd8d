"""A rules file's text becomes a ruleset, or every diagnostic at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from custrata.engine.diagnostics import Diagnostic, RulesError, Severity
from custrata.engine.model import Classifier, MeasureUse, Ruleset
from custrata.engine.rules.classifiers import Source, build_classifier
from custrata.engine.rules.document import Map, read_document
from custrata.engine.rules.faults import Fault, listed, near, quoted
from custrata.engine.rules.findings import Findings
from custrata.engine.rules.inherit import called_plugin, inherited, plugin_of
from custrata.engine.rules.measures import build_measures
from custrata.engine.rules.references import in_order
from custrata.engine.rules.schema import RulesetSchema

if TYPE_CHECKING:
    from custrata.engine.plugins import FailedPlugin, Plugins


def read_ruleset(text: str | bytes, file: str, plugins: Plugins) -> Ruleset:
    """The ruleset that a text says, merged with what its plugins bring.

    Args:
        text: YAML in the rules format.
        file: its name, for messages.
        plugins: what is installed.

    Raises:
        RulesError: the text is wrong; carries every diagnostic, warnings among them.
    """
    document = read_document(text, file)
    if document.root is None or not document.sound:
        raise RulesError(document.faults)
    findings = Findings(inherited(document.root, plugins), document.faults)
    loaded = findings.load(RulesetSchema(), findings.root, ())
    measures = build_measures(loaded.get("measures") or {}, findings, plugins)
    classifiers = _classifiers(loaded.get("classifiers") or {}, findings, plugins)
    _warn_of_shared_names(classifiers, measures, findings, plugins)
    _report_unused(findings, plugins)
    found = tuple(findings.sorted())
    if findings.errors:
        raise RulesError(found)
    head = {key: loaded[key] for key in ("time_zone", "currency") if loaded.get(key)}
    days = {key: loaded[key] for key in ("window_days",) if key in loaded}
    return Ruleset(
        file, **head, **days, measures=measures, classifiers=classifiers, diagnostics=found
    )


def _classifiers(
    loaded: Mapping[str, Any], findings: Findings, plugins: Plugins
) -> tuple[Classifier, ...]:
    written = findings.root.get("classifiers")
    if not isinstance(written, Map):
        return ()
    built: dict[str, Classifier] = {}
    sound: set[str] = set()
    for name, own in written.items():
        if not isinstance(own, Map) or own.get("enabled") is False:
            continue
        before = len(findings.found)
        _check_plugin(name, own, findings, plugins)
        data = loaded.get(name) if isinstance(loaded.get(name), dict) else {}
        path, mark = ("classifiers", name), written.keys_at[name]
        plugin = plugin_of(name, own, plugins)
        built[name] = build_classifier(Source(name, path, data or {}, own, plugin, findings, mark))
        if _faultless(findings, before) and not _shape_faults(built[name], own):
            sound.add(name)
    return in_order(built, sound, findings)


def _faultless(findings: Findings, before: int) -> bool:
    return all(one.severity is not Severity.ERROR for one in findings.found[before:])


def _shape_faults(classifier: Classifier, own: Map) -> bool:
    """Whether rows were left out because their shape is wrong."""
    table = own.get("table")
    rows = table.get("rules") if isinstance(table, Map) else None
    return not isinstance(rows, list) or len(rows) != len(classifier.rules)


def _warn_of_shared_names(
    classifiers: Sequence[Classifier],
    measures: Mapping[str, MeasureUse],
    findings: Findings,
    plugins: Plugins,
) -> None:
    """A label and a measure of one name would be one column of the output, so one is renamed."""
    read = {column for one in classifiers for column in one.columns}
    own = plugins.classifiers.keys() & plugins.measures.keys()
    for name in (one.name for one in classifiers):
        measured = name in measures or (name in plugins.measures and name not in own)
        if measured or (name in read and name not in own):
            what = "a measure" if measured else "a column that a table reads"
            fault = Fault(
                f"{quoted(name)} is also the name of {what}",
                "shared-name",
                allowed="a name that no measure and no column bears",
                at_key=True,
            )
            findings.add(("classifiers", name), fault, Severity.WARNING)


# --- plugins ------------------------------------------------------------------------------


def _check_plugin(name: str, own: Map, findings: Findings, plugins: Plugins) -> None:
    """A plugin that is named, or whose table is needed, is there."""
    called = called_plugin(name, own)
    if called is None or called in plugins.classifiers:
        return
    path = ("classifiers", name)
    if failed := next((one for one in plugins.failed if one.name == called), None):
        needed = "table" not in own
        severity = Severity.ERROR if needed else Severity.WARNING
        findings.add(
            (*path, "plugin") if "plugin" in own else path, _failure(failed, needed), severity
        )
    elif "plugin" in own or "table" not in own:
        known = tuple(plugins.classifiers)
        text = f"there is no plugin {quoted(called)}"
        if "plugin" not in own:
            text += ", and no table"
        fault = Fault(
            text,
            "unknown-plugin",
            allowed=listed(known) or "none is installed",
            nearest=near(called, known),
            at_key="plugin" not in own,
        )
        findings.add((*path, "plugin") if "plugin" in own else path, fault)


def _failure(failed: FailedPlugin, needed: bool) -> Fault:
    text = f"plugin {failed} cannot be loaded: {failed.reason}"
    fault = Fault(text, "plugin-failed", allowed=failed.remedy)
    return (
        fault
        if needed
        else Fault(f"{text}; only its label names are missing", fault.code, allowed=fault.allowed)
    )


def _report_unused(findings: Findings, plugins: Plugins) -> None:
    """What is wrong with plugins that these rules do not use."""
    written = findings.root.get("classifiers")
    own = written.items() if isinstance(written, Map) else ()
    used = {called_plugin(name, one) for name, one in own}
    for failed in plugins.failed:
        if failed.name not in used:
            message = (
                f"plugin {failed} cannot be loaded: {failed.reason}; these rules do not use it"
            )
            findings.found.append(
                Diagnostic("plugin-failed", message, Severity.WARNING, allowed=failed.remedy)
            )
    findings.found.extend(plugins.diagnostics)
