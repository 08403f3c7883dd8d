"""What can be different between two rulesets, each as a sentence to be translated whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from custrata.service.wording import marked

TEMPLATES: Mapping[str, str] = {
    "time_zone": marked("time zone {old_text} → {new_text}"),
    "currency": marked("currency {old_text} → {new_text}"),
    "window_days": marked("window {old_days} → {new_days}"),
    "measure_added": marked("measure {measure} added: {form}"),
    "measure_removed": marked("measure {measure} removed: {form}"),
    "measure_form": marked("measure {measure}: {old_form} → {new_form}"),
    "measure_window": marked("measure {measure}: {old_window} → {new_window}"),
    "measure_parameter": marked("measure {measure}: {parameter} {old_value} → {new_value}"),
    "added": marked("{classifier}: added"),
    "removed": marked("{classifier}: removed"),
    "enabled": marked("{classifier}: enabled"),
    "disabled": marked("{classifier}: disabled"),
    "plugin": marked("{classifier}: plugin {old_text} → {new_text}"),
    "parameter": marked("{classifier}: parameter {parameter} {old_value} → {new_value}"),
    "where": marked("{classifier}: who takes part: {column} {old_cell} → {new_cell}"),
    "outside": marked("{classifier}: who takes no part {old_label} → {new_label}"),
    "bands_added": marked("{classifier}: {measure} is cut into bands: {bands}"),
    "bands_removed": marked("{classifier}: {measure} is no longer cut into bands: {bands}"),
    "bands": marked("{classifier}: bands of {measure} {old_bands} → {new_bands}"),
    "band_renamed": marked("{classifier}: {measure} {old_band} renamed {new_band}"),
    "cut_from": marked("{classifier}: {measure} {band} from {old_cut} → {new_cut}"),
    "cut_up_to": marked("{classifier}: {measure} {band} up to {old_cut} → {new_cut}"),
    "closed_left": marked("{classifier}: {measure} on a cut point joins the band above"),
    "closed_right": marked("{classifier}: {measure} on a cut point joins the band below"),
    "ties": marked("{classifier}: cut points of {measure} apply to each {old_text} → {new_text}"),
    "duplicates": marked("{classifier}: coinciding edges of {measure} {old_text} → {new_text}"),
    "hit_policy": marked("{classifier}: hit policy {old_policy} → {new_policy}"),
    "row_added": marked("{classifier}: row {row} added: {cells} → {label}"),
    "row_removed": marked("{classifier}: row {row} removed: {cells} → {label}"),
    "row_moved": marked("{classifier}: row {old_row} moved to {new_row}: {cells} → {label}"),
    "row_cell": marked("{classifier}: row {row}: {column} {old_cell} → {new_cell}"),
    "row_label": marked("{classifier}: row {row}: label {old_label} → {new_label}"),
    "row_note": marked("{classifier}: row {row}: note {old_text} → {new_text}"),
    "otherwise": marked("{classifier}: otherwise {old_label} → {new_label}"),
    "label_name": marked("{classifier}: name of {label} in {language} {old_text} → {new_text}"),
    "label_rank": marked("{classifier}: rank of {label} {old_number} → {new_number}"),
    "enter": marked("{classifier}: who becomes {label}: {old_effects} → {new_effects}"),
    "leave": marked("{classifier}: who is no longer {label}: {old_effects} → {new_effects}"),
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
