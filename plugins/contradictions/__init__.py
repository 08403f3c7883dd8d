"""Contradictions: what two classifications say that cannot both be left as it is."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `contradictions`."""
    return (Classifier(name="contradictions", folder=Path(__file__).parent),)
