"""RFM: how recently, how often and for how much a customer buys."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `rfm`."""
    return (Classifier(name="rfm", folder=Path(__file__).parent),)
