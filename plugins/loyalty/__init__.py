"""The loyalty ladder: satisfaction, repurchase probability and recommendation in one label."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `loyalty`."""
    return (Classifier(name="loyalty", folder=Path(__file__).parent),)
