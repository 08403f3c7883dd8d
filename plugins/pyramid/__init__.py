"""The profit pyramid: the top 1, 4 and 15 % of customers, and all others."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, Measure, hookimpl
from custrata.plugins.pyramid.measures import MEASURES

CUSTRATA_API = 1


@hookimpl
def custrata_measures() -> Iterable[Measure]:
    """Bring `profit_recorded`."""
    return MEASURES


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `pyramid`."""
    return (Classifier(name="pyramid", folder=Path(__file__).parent),)
