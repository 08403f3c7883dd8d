"""How customers, their stages and labels look on every page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from custrata.admin.here import engine, names
from custrata.admin.language import NONE, language
from custrata.admin.pages.naming import Called
from custrata.engine.model import Classifier
from custrata.service.customers.profile import each_label
from custrata.service.names import Names
from custrata.service.registers.stages import stage_name
from custrata.store.models import Source, Stage

_SEVERAL = 3


@dataclass(frozen=True)
class Shown:
    """What codes are called and how they look, to whoever reads the page at hand.

    Attributes:
        stages, sources, groups: those of the store.
    """

    stages: Sequence[Stage] = ()
    sources: Sequence[Source] = ()
    groups: Mapping[str, str] | None = None

    def stage(self, code: str | None) -> str:
        """The name of a stage."""
        if code is None:
            return NONE
        known = self._stages.get(code)
        return stage_name(known, language()) if known else code

    def colour(self, code: str | None) -> str:
        """The colour of a stage, `#rrggbb`."""
        known = self._stages.get(code or "")
        return (known.colour if known else None) or "#94a3b8"

    def source(self, code: str | None) -> str:
        """The name of a source."""
        return NONE if code is None else self._sources.get(code, code)

    def group(self, code: str) -> str:
        """The name of a group."""
        return (self.groups or {}).get(code, code)

    def value(self, column: str, value: str) -> str:
        """The name of a value of an attribute, where its values have names."""
        known = {"stage": self.stage, "source": self.source}
        return known[column](value) if column in known else self._names.value(column, value)

    def classifier(self, name: str) -> str:
        """The name of a classifier."""
        return self._called.classifier(name)

    def label(self, classifier: str, label: str | None) -> str:
        """The name of a label, or of each of a list."""
        return self._called.label(classifier, label)

    def measure(self, name: str) -> str:
        """The name of a measure."""
        return self._names.measure(name)

    def tone(self, classifier: str, label: str | None) -> str:
        """How good a label is, as the tone of a badge.

        `plain` where the rules rank none, and for a best that several labels share: who she is, or
        where, is neither good nor bad.
        """
        known = self.classifiers.get(classifier)
        infos = known.labels if known else {}
        ranks = {name: one.rank for name, one in infos.items() if one.rank is not None}
        own = [ranks[one] for one in each_label(label) if one in ranks]
        if not own or list(ranks.values()).count(min(own)) > 1:
            return "plain"
        return _tone(min(own), max(ranks.values()))

    @property
    def classifiers(self) -> Mapping[str, Classifier]:
        """Those of the rules in force."""
        return {one.name: one for one in engine().ruleset.classifiers}

    @cached_property
    def _called(self) -> Called:
        return Called([engine()])

    @cached_property
    def _names(self) -> Names:
        return names()

    @cached_property
    def _stages(self) -> Mapping[str, Stage]:
        return {one.code: one for one in self.stages}

    @cached_property
    def _sources(self) -> Mapping[str, str]:
        return {one.code: one.name for one in self.sources}


def _tone(rank: int, worst: int) -> str:
    """The best is good, the worst of several bad; the others lie between."""
    if rank <= 1:
        return "good"
    if rank == worst and worst >= _SEVERAL:
        return "bad"
    return "info" if 2 * rank <= worst else "warn"
