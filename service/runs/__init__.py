"""Runs: everyone, some at once, past days; and what can be asked of them."""

from custrata.service.runs.full import cancel, run
from custrata.service.runs.single import reclassify
from custrata.service.runs.summary import Flow, RunSummary, Transition

__all__ = ["Flow", "RunSummary", "Transition", "cancel", "reclassify", "run"]
