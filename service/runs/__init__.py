"""Runs: everyone, some at once, past days; and what can be asked of them."""

from custrata.service.runs.back_fill import back_fill
from custrata.service.runs.full import run
from custrata.service.runs.past import Had, history, labels_on
from custrata.service.runs.reasons import Reasons, reasons
from custrata.service.runs.single import reclassify
from custrata.service.runs.summary import Flow, RunSummary, Transition
from custrata.service.runs.what_if import Swap, what_if
from custrata.service.runs.work import cancel

__all__ = [
    "Flow",
    "Had",
    "Reasons",
    "RunSummary",
    "Swap",
    "Transition",
    "back_fill",
    "cancel",
    "history",
    "labels_on",
    "reasons",
    "reclassify",
    "run",
    "what_if",
]
