"""What can be different between two rulesets, each as a sentence to be translated whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEMPLATES: Mapping[str, str] = {
    "time_zone": "time zone {old_text} → {new_text}",
    "currency": "currency {old_text} → {new_text}",
    "window_days": "window {old_days} → {new_days}",
    "measure_added": "measure {measure} added: {form}",
    "measure_removed": "measure {measure} removed: {form}",
    "measure_form": "measure {measure}: {old_form} → {new_form}",
    "measure_window": "measure {measure}: {old_window} → {new_window}",
    "measure_parameter": "measure {measure}: {parameter} {old_value} → {new_value}",
    "added": "{classifier}: added",
    "removed": "{classifier}: removed",
    "enabled": "{classifier}: enabled",
    "disabled": "{classifier}: disabled",
    "plugin": "{classifier}: plugin {old_text} → {new_text}",
    "parameter": "{classifier}: parameter {parameter} {old_value} → {new_value}",
    "where": "{classifier}: who takes part: {column} {old_cell} → {new_cell}",
    "outside": "{classifier}: who takes no part {old_label} → {new_label}",
    "bands_added": "{classifier}: {measure} is cut into bands: {bands}",
    "bands_removed": "{classifier}: {measure} is no longer cut into bands: {bands}",
    "bands": "{classifier}: bands of {measure} {old_bands} → {new_bands}",
    "band_renamed": "{classifier}: {measure} {old_band} renamed {new_band}",
    "cut_from": "{classifier}: {measure} {band} from {old_cut} → {new_cut}",
    "cut_up_to": "{classifier}: {measure} {band} up to {old_cut} → {new_cut}",
    "closed_left": "{classifier}: {measure} on a cut point joins the band above",
    "closed_right": "{classifier}: {measure} on a cut point joins the band below",
    "ties": "{classifier}: cut points of {measure} apply to each {old_text} → {new_text}",
    "duplicates": "{classifier}: coinciding edges of {measure} {old_text} → {new_text}",
    "hit_policy": "{classifier}: hit policy {old_policy} → {new_policy}",
    "row_added": "{classifier}: row {row} added: {cells} → {label}",
    "row_removed": "{classifier}: row {row} removed: {cells} → {label}",
    "row_moved": "{classifier}: row {old_row} moved to {new_row}: {cells} → {label}",
    "row_cell": "{classifier}: row {row}: {column} {old_cell} → {new_cell}",
    "row_label": "{classifier}: row {row}: label {old_label} → {new_label}",
    "row_note": "{classifier}: row {row}: note {old_text} → {new_text}",
    "otherwise": "{classifier}: otherwise {old_label} → {new_label}",
    "label_name": "{classifier}: name of {label} in {language} {old_text} → {new_text}",
    "label_rank": "{classifier}: rank of {label} {old_number} → {new_number}",
    "enter": "{classifier}: who becomes {label}: {old_effects} → {new_effects}",
    "leave": "{classifier}: who is no longer {label}: {old_effects} → {new_effects}",
}
"""By kind. The last word of a placeholder says what its value is; see `words`."""


@dataclass(frozen=True)
class Change:
    """One thing that is different.

    Attributes:
        classifier: its id; None where all are concerned.
        kind: a key of `TEMPLATES`.
        values: by placeholder, ids and parts of the engine's model.
    """

    classifier: str | None
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The sentence, with named placeholders."""
        return TEMPLATES[self.kind]
