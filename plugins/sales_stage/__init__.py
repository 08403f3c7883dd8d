"""Where somebody stands in sales: lead, prospect, current or former customer."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, Measure, hookimpl
from custrata.plugins.sales_stage.measures import MEASURES

CUSTRATA_API = 1


@hookimpl
def custrata_measures() -> Iterable[Measure]:
    """Bring `open_opportunities`."""
    return MEASURES


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `sales_stage`."""
    return (Classifier(name="sales_stage", folder=Path(__file__).parent),)
