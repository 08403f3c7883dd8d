"""How soon customers take up a new product, from innovators to laggards."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, Measure, hookimpl
from custrata.plugins.adopter.measures import MEASURES

CUSTRATA_API = 1


@hookimpl
def custrata_measures() -> Iterable[Measure]:
    """Bring `adoption_wait_days`."""
    return MEASURES


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `adopter`."""
    return (Classifier(name="adopter", folder=Path(__file__).parent),)
