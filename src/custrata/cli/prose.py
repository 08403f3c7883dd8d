"""Explanations in words that a salesperson understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from custrata.cli.text import _, indent, number, plural
from custrata.engine.model import Bands, Classifier

if TYPE_CHECKING:
    from custrata.service.names import Names


def told(classifier: Classifier, reason: Mapping[str, Any], names: Names) -> str:
    """One explanation: the label, what speaks for it, what to do, what would change it.

    Args:
        classifier: the table that decided.
        reason: an explanation as in the output of `--explain`.
        names: what ids are called.
    """
    return _Teller(classifier, reason, names).told()


def band_range(bands: Bands, band: str, cuts: Sequence[str]) -> str:
    """Where a band begins and ends: `from 4`, `up to 60`, `over 30, up to 60`."""
    place = bands.names.index(band)
    low = cuts[place - 1] if 0 < place <= len(cuts) else None
    high = cuts[place] if place < len(cuts) else None
    texts = (_("from {}"), _("under {}"))
    if bands.closed == "right":
        texts = (_("over {}"), _("up to {}"))
    ends = zip(texts, (low, high), strict=True)
    return ", ".join(text.format(end) for text, end in ends if end is not None)


def value(given: Any, unit: str = "") -> str:
    """A value as a person reads it: shares in percent, two decimals, more where those are zeros."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return str(given)
    if unit == "0 to 1":
        return f"{100 * given:.0f} %"
    if isinstance(given, int):
        return number(given)
    return f"{given:,.2f}" if abs(given) >= 0.01 else f"{given:.2g}"


@dataclass(frozen=True)
class _Teller:
    classifier: Classifier
    reason: Mapping[str, Any]
    names: Names

    def told(self) -> str:
        name, label = self.names.classifier(self.classifier.name), self.reason["label"]
        title = f"{name}: {self._label(label)}"
        inputs = self.reason["inputs"]
        if inputs and all(one["value"] is None for one in inputs):
            lacking = ", ".join(self.names.measure(one["measure"]) for one in inputs)
            return title + "\n" + indent(_("nothing is known of: {names}").format(names=lacking))
        lines = [self._input(one) for one in inputs]
        lines += self._advice()
        lines += [self._better(one) for one in self.reason["nearest"][:1]]
        return "\n".join([title, *map(indent, lines)])

    def _input(self, one: Mapping[str, Any]) -> str:
        measure, band = one["measure"], one["band"]
        name, bands = self.names.measure(measure), self.classifier.bands.get(measure)
        if one["value"] is None:
            return _("{name}: not known").format(name=name)
        line = f"{name}: {self._value(measure, one['value'])}"
        if bands is None or band not in bands.names:
            return line
        cuts = [self._value(measure, cut) for cut in one["cut_points"]]
        reach = band_range(bands, band, cuts)
        named = self.names.band(self.classifier.name, measure, band)
        return f"{line} -> {named} ({reach})" if reach else f"{line} -> {named}"

    def _advice(self) -> list[str]:
        notes = [self.classifier.rules[row - 1].note for row in self.reason["rows"]]
        return [_("what to do: {note}").format(note=note) for note in notes if note]

    def _better(self, one: Mapping[str, Any]) -> str:
        changes = dict(one["change"])
        buys = ("frequency", "monetary")
        if any(_deed(name, changes.get(name, {}).get("by", 0)) for name in buys):
            changes.pop("recency_days", None)  # who buys more has bought anew
        steps = [self._step(measure, change) for measure, change in changes.items()]
        text = _("would become {label} with: {steps}")
        return text.format(label=self._label(one["label"]), steps=_(" and ").join(steps))

    def _step(self, measure: str, change: Mapping[str, Any]) -> str:
        deed = _deed(measure, change.get("by", 0))
        if deed is not None:
            return deed
        text = f"{self.names.measure(measure)} {self._value(measure, change['to'])}"
        if measure in self.reason["missing"]:
            return _("{what}, now not known").format(what=text)
        return text

    def _value(self, measure: str, given: Any) -> str:
        """A value, and what it is called where it has a name."""
        shown = value(given, self.names.unit(measure))
        called = self.names.band(self.classifier.name, measure, str(given))
        return shown if called == str(given) else f"{shown} ({called})"

    def _label(self, label: Any) -> str:
        """A label's name and id."""
        if isinstance(label, list):
            return ", ".join(map(self._label, label)) or "-"
        if label is None:
            return "-"
        name = self.names.label(self.classifier.name, str(label))
        told_twice = name.lower() == str(label).lower()
        return name if told_twice else f"{name} ({label})"


def _deed(measure: str, by: int | float) -> str | None:
    """What the customer, or the firm, has to do for a measure to move by so much."""
    if measure == "recency_days" and by < 0:
        return _("a new purchase")
    if measure == "days_since_touch" and by < 0:
        return _("a contact")
    if measure == "frequency" and by > 0:
        one, more = "{by} more purchase in the window", "{by} more purchases in the window"
        return plural(one, more, int(by)).format(by=value(by))
    if measure == "monetary" and by > 0:
        return _("{by} more spent in the window").format(by=value(by))
    return None
