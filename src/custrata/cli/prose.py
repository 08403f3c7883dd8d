"""Explanations as lines of a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from custrata.cli.text import _, indent, number, plural
from custrata.engine.model import Bands, Classifier
from custrata.service import explaining
from custrata.service.explaining import Better, Fact, Told

if TYPE_CHECKING:
    from custrata.service.names import Names


def told(classifier: Classifier, reason: Mapping[str, Any], names: Names) -> str:
    """One explanation: the label, what speaks for it, what to do, what would change it.

    Args:
        classifier: the table that decided.
        reason: an explanation as in the output of `--explain`.
        names: what ids are called.
    """
    found = explaining.told(classifier, reason, names, _Terminal())
    title = f"{found.name}: {_label(found.label, classifier, names)}"
    return "\n".join([title, *map(indent, _lines(found, classifier, names))])


def band_range(bands: Bands, band: str, cuts: Sequence[str]) -> str:
    """Where a band begins and ends: `from 4`, `up to 60`, `over 30, up to 60`."""
    return explaining.band_range(bands, band, cuts, _Terminal())


def value(given: Any, unit: str = "") -> str:
    """A value as a person reads it: shares in percent, two decimals, more where those are zeros."""
    if isinstance(given, bool):
        return _("yes") if given else _("no")
    if not isinstance(given, int | float):
        return str(given)
    if unit == "0 to 1":
        return f"{100 * given:.0f} %"
    if isinstance(given, int):
        return number(given)
    return f"{given:,.2f}" if abs(given) >= 0.01 else f"{given:.2g}"


class _Terminal:
    """The language of the command line."""

    def gettext(self, text: str, /, **values: object) -> str:
        return _(text) % values

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        return plural(one, many, number) % values

    def value(self, given: Any, unit: str) -> str:
        return value(given, unit)

    def day(self, day: date) -> str:
        return day.isoformat()


def _lines(found: Told, classifier: Classifier, names: Names) -> list[str]:
    if found.lacking:
        return [_("nothing is known of: {names}").format(names=", ".join(found.lacking))]
    advice = [_("what to do: {note}").format(note=note) for note in found.advice]
    nearest = [_better(one, classifier, names) for one in found.better[:1]]
    return [*map(_fact, found.facts), *advice, *nearest]


def _fact(one: Fact) -> str:
    if one.value is None:
        return _("{name}: not known").format(name=one.name)
    line = f"{one.name}: {one.value}"
    if one.band is None:
        return line
    return f"{line} -> {one.band} ({one.reach})" if one.reach else f"{line} -> {one.band}"


def _better(one: Better, classifier: Classifier, names: Names) -> str:
    text = _("would become {label} with: {steps}")
    return text.format(label=_label(one.label, classifier, names), steps=one.steps)


def _label(label: Any, classifier: Classifier, names: Names) -> str:
    """A label's name and id."""
    if isinstance(label, list):
        return ", ".join(_label(one, classifier, names) for one in label) or "-"
    if label is None:
        return "-"
    name = names.label(classifier.name, str(label))
    told_twice = name.lower() == str(label).lower()
    return name if told_twice else f"{name} ({label})"
