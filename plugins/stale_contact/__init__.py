"""Don't forget: customers in the pipeline whom nobody has attended to for too long."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, hookimpl

CUSTRATA_API = 1


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `stale_contact`."""
    return (Classifier(name="stale_contact", folder=Path(__file__).parent),)
