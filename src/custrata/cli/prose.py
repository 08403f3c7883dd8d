"""Explanations in words that a salesperson understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    label = _label_name(classifier, reason["label"], names)
    title = f"{names.classifier(classifier.name)}: {label}"
    lines = [_input(classifier, one, names) for one in reason["inputs"]]
    lines += _advice(classifier, reason["rows"])
    lines += [_better(classifier, one, names) for one in reason["nearest"][:1]]
    return "\n".join([title, *map(indent, lines)])


def band_range(bands: Bands, band: str, cuts: Sequence[int | float]) -> str:
    """Where a band begins and ends: `from 4`, `up to 60`, `over 30, up to 60`."""
    place = bands.names.index(band)
    low = cuts[place - 1] if 0 < place <= len(cuts) else None
    high = cuts[place] if place < len(cuts) else None
    texts = (_("from {}"), _("under {}"))
    if bands.closed == "right":
        texts = (_("over {}"), _("up to {}"))
    ends = zip(texts, (low, high), strict=True)
    return ", ".join(text.format(value(end)) for text, end in ends if end is not None)


def value(given: Any) -> str:
    """A value as a person reads it: two decimals, more where those are zeros."""
    if isinstance(given, float):
        return f"{given:,.2f}" if abs(given) >= 0.01 else f"{given:.2g}"
    return number(given) if isinstance(given, int) and not isinstance(given, bool) else str(given)


def _input(classifier: Classifier, one: Mapping[str, Any], names: Names) -> str:
    name, bands = names.measure(one["measure"]), classifier.bands.get(one["measure"])
    if one["value"] is None:
        return _("{name}: not known").format(name=name)
    line = f"{name}: {value(one['value'])}"
    if bands is None or one["band"] not in bands.names:
        return line
    band = names.band(classifier.name, one["measure"], one["band"])
    reach = band_range(bands, one["band"], one["cut_points"])
    return f"{line} -> {band} ({reach})" if reach else f"{line} -> {band}"


def _advice(classifier: Classifier, rows: Sequence[int]) -> list[str]:
    notes = [classifier.rules[row - 1].note for row in rows]
    return [_("what to do: {note}").format(note=note) for note in notes if note]


def _better(classifier: Classifier, one: Mapping[str, Any], names: Names) -> str:
    changes = dict(one["change"])
    if any(_deed(name, changes.get(name, {}).get("by", 0)) for name in ("frequency", "monetary")):
        changes.pop("recency_days", None)  # who buys more has bought anew
    steps = [_step(measure, change, names) for measure, change in changes.items()]
    text = _("would become {label} with: {steps}")
    label = _label_name(classifier, one["label"], names)
    return text.format(label=label, steps=_(" and ").join(steps))


def _step(measure: str, change: Mapping[str, Any], names: Names) -> str:
    to, by = change["to"], change.get("by")
    if by is None:
        return f"{names.measure(measure)}: {value(to)}"
    known = _deed(measure, by)
    sign = "+" if by > 0 else ""
    return known or f"{names.measure(measure)} {value(to)} ({sign}{value(by)})"


def _deed(measure: str, by: int | float) -> str | None:
    """What the customer, or the firm, has to do for a measure to move by so much."""
    if measure == "recency_days" and by < 0:
        return _("a new purchase")
    if measure == "days_since_touch" and by < 0:
        return _("a contact")
    if measure == "frequency" and by > 0:
        text = plural(
            "{by} more purchase in the window", "{by} more purchases in the window", int(by)
        )
        return text.format(by=value(by))
    if measure == "monetary" and by > 0:
        return _("{by} more spent in the window").format(by=value(by))
    return None


def _label_name(classifier: Classifier, label: Any, names: Names) -> str:
    if isinstance(label, list):
        return ", ".join(_label_name(classifier, one, names) for one in label) or "-"
    return "-" if label is None else names.label(classifier.name, str(label))
