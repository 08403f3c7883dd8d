"""Who customers are and where: kind, channel, size, sector, region, area."""

from collections.abc import Iterable
from pathlib import Path

from custrata.engine.hookspecs import Classifier, Measure, hookimpl
from custrata.plugins.profile.measures import MEASURES

CUSTRATA_API = 1


@hookimpl
def custrata_measures() -> Iterable[Measure]:
    """Bring `region`."""
    return MEASURES


@hookimpl
def custrata_classifiers() -> Iterable[Classifier]:
    """Bring `profile_kind`, `profile_channel` and so on, a folder each."""
    parts = ("kind", "channel", "size", "sector", "region", "area")
    here = Path(__file__).parent
    return [Classifier(name=f"profile_{part}", folder=here / part) for part in parts]
