"""Measures: the built-in ones, and the plan that works out those that a ruleset reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custrata.engine.hookspecs import Measure


def builtin_measures() -> tuple[Measure, ...]:
    """The measures that are always there."""
    from custrata.engine.measures import (
        combined,
        contacts,
        customers,
        repurchase,
        surveys,
        transactions,
    )

    modules = (transactions, contacts, surveys, customers, combined, repurchase)
    return tuple(measure for module in modules for measure in module.MEASURES)
