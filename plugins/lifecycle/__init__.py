"""The phases of a relationship: approach, first deal, established, quiet, ended."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `lifecycle`."""
    return (Classifier(name="lifecycle", folder=Path(__file__).parent),)
