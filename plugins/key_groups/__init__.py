"""Three groups that every firm has to know: top spenders, long-standing, defectors."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `key_groups`."""
    return (Classifier(name="key_groups", folder=Path(__file__).parent),)
