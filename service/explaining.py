"""Explanations in words that a salesperson understands, whatever she speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from custrata.engine.model import Bands, Classifier

if TYPE_CHECKING:
    from custrata.service.names import Names

_CONTACT = frozenset(("days_since_contact", "days_since_touch"))
_PURCHASE = frozenset(("recency_days", "silence_ratio"))
_TRUTH = {"true": True, "false": False}
"""Texts that explanations have for truth values."""


class Tongue(Protocol):
    """A language that somebody reads; texts hold named places, as in `%(name)s`."""

    def gettext(self, text: str, /, **values: object) -> str:
        """A text with its values."""
        ...

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a text for so many."""
        ...

    def value(self, given: Any, unit: str) -> str:
        """A measure's value as a person reads it; shares in percent, amounts as such."""
        ...

    def day(self, day: date) -> str:
        """A day as a person reads it."""
        ...


@dataclass(frozen=True)
class Fact:
    """One value that the table read.

    Attributes:
        value: None where it is not known. band: None where the measure has none.
        reach: where the band begins and ends; may be empty.
    """

    measure: str
    name: str
    value: str | None
    band: str | None = None
    reach: str = ""


@dataclass(frozen=True)
class Better:
    """A label within reach, and all that has to happen for it."""

    label: Any
    name: str
    steps: str


@dataclass(frozen=True)
class Told:
    """One explanation in words.

    Attributes:
        classifier, name: of the table. label: as explanations have it; a list may be empty.
        label_name: what it is called; `-` for none.
        lacking: names of the measures, where nothing at all is known of her.
        advice: the notes of the rows that decided.
        better: the nearest first.
    """

    classifier: str
    name: str
    label: Any
    label_name: str
    facts: tuple[Fact, ...]
    lacking: tuple[str, ...]
    advice: tuple[str, ...]
    better: tuple[Better, ...]


def told(classifier: Classifier, reason: Mapping[str, Any], names: Names, tongue: Tongue) -> Told:
    """One explanation in words.

    Args:
        classifier: the table that decided.
        reason: an explanation as in the output of `--explain`.
        names: what ids are called.
    """
    return _Teller(classifier, reason, names, tongue).told()


def label_name(names: Names, classifier: str, label: Any) -> str:
    """What a label is called, or each of a list; `-` for none."""
    if isinstance(label, list):
        return ", ".join(label_name(names, classifier, one) for one in label) or "-"
    return "-" if label is None else names.label(classifier, str(label))


def band_range(bands: Bands, band: str, cuts: Sequence[str], tongue: Tongue) -> str:
    """Where a band begins and ends: `from 4`, `up to 60`, `over 30, up to 60`."""
    place = bands.names.index(band)
    low = cuts[place - 1] if 0 < place <= len(cuts) else None
    high = cuts[place] if place < len(cuts) else None
    right = bands.closed == "right"
    if low is not None and high is not None:
        return _between(low, high, tongue, right=right)
    if low is not None:
        over, since = (
            tongue.gettext("over %(low)s", low=low),
            tongue.gettext("from %(low)s", low=low),
        )
        return over if right else since
    if high is not None:
        up, under = (
            tongue.gettext("up to %(high)s", high=high),
            tongue.gettext("under %(high)s", high=high),
        )
        return up if right else under
    return ""


def _between(low: str, high: str, tongue: Tongue, *, right: bool) -> str:
    if right:
        return tongue.gettext("over %(low)s, up to %(high)s", low=low, high=high)
    return tongue.gettext("from %(low)s, under %(high)s", low=low, high=high)


def kept_by(measures: Sequence[str], until: date, tongue: Tongue) -> str | None:
    """What has to happen before a day for a label to stay; None where nobody can do anything.

    Args:
        measures: those that grow by themselves, until they make it another label.
    """
    day = tongue.day(until)
    if _CONTACT & set(measures):
        return tongue.gettext("a contact before %(day)s", day=day)
    if _PURCHASE & set(measures):
        return tongue.gettext("a purchase before %(day)s", day=day)
    return None


@dataclass(frozen=True)
class _Teller:
    classifier: Classifier
    reason: Mapping[str, Any]
    names: Names
    tongue: Tongue

    def told(self) -> Told:
        inputs, label = self.reason["inputs"], self.reason["label"]
        nothing = bool(inputs) and all(one["value"] is None for one in inputs)
        name = self.classifier.name
        return Told(
            classifier=name,
            name=self.names.classifier(name),
            label=label,
            label_name=label_name(self.names, name, label),
            facts=tuple(map(self._fact, inputs)),
            lacking=tuple(self.names.measure(one["measure"]) for one in inputs if nothing),
            advice=() if nothing else self._advice(),
            better=() if nothing else tuple(map(self._better, self._within_reach())),
        )

    def _fact(self, one: Mapping[str, Any]) -> Fact:
        measure, band = one["measure"], one["band"]
        name, bands = self.names.measure(measure), self.classifier.bands.get(measure)
        if one["value"] is None:
            return Fact(measure, name, None)
        shown = self._value(measure, one["value"])
        if bands is None or band not in bands.names:
            return Fact(measure, name, shown)
        cuts = [self._value(measure, cut) for cut in one["cut_points"]]
        named = self.names.band(self.classifier.name, measure, band)
        return Fact(measure, name, shown, named, band_range(bands, band, cuts, self.tongue))

    def _advice(self) -> tuple[str, ...]:
        notes = (self.classifier.rules[row - 1].note for row in self.reason["rows"])
        return tuple(self.names.noted(self.classifier.name, note) for note in notes if note)

    def _within_reach(self) -> list[Mapping[str, Any]]:
        """Those that somebody can bring about: nobody's first purchase lies weeks back."""
        bought = "recency_days" not in self.reason["missing"]
        return [
            one
            for one in self.reason["nearest"]
            if bought or not one["change"].get("recency_days", {}).get("to")
        ]

    def _better(self, one: Mapping[str, Any]) -> Better:
        changes = dict(one["change"])
        buys = ("frequency", "monetary")
        if any(self._deed(name, changes.get(name, {}).get("by", 0)) for name in buys):
            changes.pop("recency_days", None)  # who buys more has bought anew
        steps = [self._step(measure, change) for measure, change in changes.items()]
        name = label_name(self.names, self.classifier.name, one["label"])
        return Better(one["label"], name, self._together(steps))

    def _together(self, steps: Sequence[str]) -> str:
        *first, last = steps or [""]
        for one in reversed(first):
            last = self.tongue.gettext("%(one)s and %(other)s", one=one, other=last)
        return last

    def _step(self, measure: str, change: Mapping[str, Any]) -> str:
        deed = self._deed(measure, change.get("by", 0))
        if deed is not None:
            return deed
        if measure == "recency_days" and measure in self.reason["missing"]:
            return self.tongue.gettext("a first purchase")
        name, value = self.names.measure(measure), self._reached(measure, change["to"])
        if measure in self.reason["missing"]:
            return self.tongue.gettext(
                "%(measure)s %(value)s, now not known", measure=name, value=value
            )
        return self.tongue.gettext("%(measure)s %(value)s", measure=name, value=value)

    def _deed(self, measure: str, by: int | float) -> str | None:
        """What the customer, or the firm, has to do for a measure to move by so much."""
        tongue, unit = self.tongue, self.names.unit(measure)
        if measure == "recency_days" and by < 0:
            return tongue.gettext("a new purchase")
        if measure in _CONTACT and by < 0:
            return tongue.gettext("a contact")
        if measure == "frequency" and by > 0:
            return tongue.ngettext(
                "%(number)s more purchase in the window",
                "%(number)s more purchases in the window",
                int(by),
                number=tongue.value(by, unit),
            )
        if measure == "monetary" and by > 0:
            amount = tongue.value(by, unit)
            return tongue.gettext("%(amount)s more spent in the window", amount=amount)
        return None

    def _reached(self, measure: str, to: Any) -> str:
        """A value to be reached; beside a cut that is written like it, on which side of it."""
        shown = self._value(measure, to)
        if isinstance(to, str):
            return shown
        read = (one for one in self.reason["inputs"] if one["measure"] == measure)
        cuts = next((one["cut_points"] for one in read), ())
        for cut in cuts:
            written = self._value(measure, cut)
            if cut != to and shown in (written, self._value(measure, float(cut))):
                if to < cut:
                    return self.tongue.gettext("under %(high)s", high=written)
                return self.tongue.gettext("over %(low)s", low=written)
        return shown

    def _value(self, measure: str, given: Any) -> str:
        """A value, and what it is called where it has a name."""
        if isinstance(given, str) and given in _TRUTH:
            given = _TRUTH[given]
        shown = self.tongue.value(given, self.names.unit(measure))
        called = self.names.band(self.classifier.name, measure, str(given))
        if isinstance(given, list):
            return ", ".join(self.names.value(measure, str(one)) for one in given) or "-"
        if isinstance(given, str):
            return self.names.value(measure, given) if called == given else called
        if called == str(given):
            return shown
        return self.tongue.gettext("%(value)s (%(name)s)", value=shown, name=called)
