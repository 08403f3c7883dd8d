"""Pareto 80/20: the few customers who together bring most of the revenue."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `pareto`."""
    return (Classifier(name="pareto", folder=Path(__file__).parent),)
