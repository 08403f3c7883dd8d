"""The kind of relationship: growing, loyal, in need of care, without potential."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, Measure, hookimpl
from custrata.plugins.relationship.measures import MEASURES

CUSTRATA_API = 1


@hookimpl
def custrata_measures() -> Iterable[Measure]:
    """Bring `previous_monetary` and `purchase_days`."""
    return MEASURES


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `relationship`."""
    return (Classifier(name="relationship", folder=Path(__file__).parent),)
