"""Kotler's five levels of relationship: how many there are of a kind, and what they earn."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `kotler`."""
    return (Classifier(name="kotler", folder=Path(__file__).parent),)
