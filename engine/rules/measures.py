"""The measures that a ruleset makes for itself."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from custrata.engine.diagnostics import Severity
from custrata.engine.model import MeasureUse, Window
from custrata.engine.rules.document import Map
from custrata.engine.rules.faults import Fault, listed, near, quoted
from custrata.engine.rules.fields import hidden_name
from custrata.engine.rules.findings import Findings
from custrata.engine.rules.schema import REFERENCES

if TYPE_CHECKING:
    from custrata.engine.plugins import Plugins

_MOST_CIRCLES = 8
_TIME = ("measure", "window", "calendar")


def build_measures(
    loaded: Mapping[str, Any], findings: Findings, plugins: Plugins
) -> dict[str, MeasureUse]:
    """The ruleset's measures by name; what is wrong with them goes to `findings`."""
    written = findings.root.get("measures")
    if not isinstance(written, Map):
        return {}
    uses = {}
    for name, source in written.items():
        if name in plugins.measures:
            text = f"{quoted(name)} hides the measure of that name"
            findings.add(("measures", name), Fault(text, "shadowed", at_key=True), Severity.WARNING)
        if isinstance(source, Map) and isinstance(loaded.get(name), Mapping):
            uses[name] = _use(name, loaded[name], source, findings, plugins)
    _check_operands(uses, findings)
    return uses


def _use(
    name: str, data: Mapping[str, Any], source: Map, findings: Findings, plugins: Plugins
) -> MeasureUse:
    mark = findings.root["measures"].keys_at[name]
    if "measure" not in data:
        forms = {key: data[key] for key in ("ratio", "difference", "days_since") if key in data}
        return MeasureUse(name, **forms, mark=mark)
    window = None
    if "window" in data:
        older, newer = data["window"]
        window = Window(older, newer, data.get("calendar"))
    parameters = _parameters(name, data["measure"], source, findings, plugins)
    return MeasureUse(name, data["measure"], parameters, window, mark=mark)


def _parameters(
    name: str, measure: str, source: Map, findings: Findings, plugins: Plugins
) -> Mapping[str, Any]:
    path, declared = ("measures", name), plugins.measures.get(measure)
    if declared is None:
        findings.add((*path, "measure"), _unknown_measure(measure, findings, plugins))
        return {}
    if "window" in source and not declared.windowed:
        text = f"{measure} takes no window, it reads everything up to the as-of date"
        windowed = [known for known, one in plugins.measures.items() if one.windowed]
        fault = Fault(text, "window-unused", allowed=f"a window on {listed(windowed)}", at_key=True)
        findings.add((*path, "window"), fault)
    return findings.parameters(declared.parameters, source.without(*_TIME), path)


def _unknown_measure(measure: str, findings: Findings, plugins: Plugins) -> Fault:
    own = measure in findings.root["measures"]
    text = f"unknown measure {quoted(measure)}"
    if own:
        text = (
            f"{quoted(measure)} is a measure of these rules; parameters go with a plugin's measure"
        )
    elif plugins.failed:
        text += f"; failed to load: {listed(one.name for one in plugins.failed)}"
    known = tuple(plugins.measures)
    return Fault(text, "unknown-measure", allowed=listed(known), nearest=near(measure, known))


def _check_operands(uses: Mapping[str, MeasureUse], findings: Findings) -> None:
    """Operands are measures, and none is made of itself."""
    reads: dict[str, list[str]] = {}
    for name, use in uses.items():
        if use.days_since and (fault := hidden_name(use.days_since)):
            findings.add(("measures", name, "days_since"), fault)
        form = "ratio" if use.ratio else "difference"
        for index, operand in enumerate(use.ratio or use.difference or ()):
            if fault := hidden_name(operand):
                findings.add(("measures", name, form, index), fault)
            elif operand.startswith(REFERENCES):
                text = f"{quoted(operand)} is a classifier's result, which no measure can read"
                findings.add(
                    ("measures", name, form, index),
                    Fault(text, "not-a-measure", allowed="a measure, or an attribute"),
                )
            elif operand in uses:
                reads.setdefault(name, []).append(operand)
    for circle in find_circles(reads):
        form = "ratio" if uses[circle[0]].ratio else "difference"
        text = f"measures are made of each other: {' → '.join(circle)}"
        fault = Fault(text, "circle", allowed="measures without a circle")
        findings.add(("measures", circle[0], form), fault)


def find_circles(reads: Mapping[str, list[str]]) -> list[list[str]]:
    """Circles among names, each name followed by one that it reads; no two share a name."""
    left = dict(reads)
    circles: list[list[str]] = []
    while len(circles) < _MOST_CIRCLES:
        try:
            graphlib.TopologicalSorter(left).prepare()
        except graphlib.CycleError as error:
            circle = list(reversed(error.args[1]))
            circles.append(circle)
            left = _without(left, frozenset(circle))
        else:
            break
    return circles


def _without(reads: Mapping[str, list[str]], names: frozenset[str]) -> dict[str, list[str]]:
    return {
        name: [other for other in others if other not in names]
        for name, others in reads.items()
        if name not in names
    }
