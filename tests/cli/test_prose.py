"""Explanations in words."""

import pytest

from custrata.cli.prose import band_range, told
from custrata.engine.model import Bands, Classifier, Fixed, Rule


class Plain:
    """Ids with spaces for underscores."""

    def classifier(self, classifier):
        return classifier.upper()

    def label(self, _classifier, label):
        return label.replace("_", " ")

    def measure(self, measure):
        return measure.replace("_", " ")

    def unit(self, measure):
        return "0 to 1" if measure == "share" else ""

    def noted(self, _classifier, note):
        return note

    def value(self, _measure, value):
        return value

    def band(self, _classifier, _measure, band):
        return {"5": "very satisfied"}.get(band, band)


RECENCY = Bands("recency_days", (Fixed(60),), ("high", "low"), closed="right")
FREQUENCY = Bands("frequency", (Fixed(4), Fixed(9)), ("low", "mid", "high"))
RFM = Classifier(
    "rfm",
    None,
    {"recency_days": RECENCY, "frequency": FREQUENCY},
    (Rule({}, "no"), Rule({}, "important_keep", note="call them")),
)


def reason(**more):
    return {
        "classifier": "rfm",
        "label": "important_keep",
        "rows": [2],
        "inputs": [],
        "missing": [],
        "nearest": [],
        **more,
    }


def test_the_label_and_what_to_do():
    assert told(RFM, reason(), Plain()).splitlines() == [
        "RFM: important keep (important_keep)",
        "  what to do: call them",
    ]


def test_what_is_true_is_told_as_yes():
    inputs = [
        {"measure": name, "value": value, "band": None, "cut_points": []}
        for name, value in {"is_existing": "true", "is_lost": "false"}.items()
    ]
    assert told(RFM, reason(rows=[], inputs=inputs), Plain()).splitlines()[1:] == [
        "  is existing: yes",
        "  is lost: no",
    ]


def test_what_speaks_for_it():
    inputs = [
        {"measure": "recency_days", "value": 1061, "band": "low", "cut_points": [60]},
        {"measure": "frequency", "value": None, "band": "unknown", "cut_points": [4, 9]},
        {"measure": "stage", "value": "hot", "band": None, "cut_points": []},
    ]
    assert told(RFM, reason(rows=[], inputs=inputs), Plain()).splitlines()[1:] == [
        "  recency days: 1,061 -> low (over 60)",
        "  frequency: not known",
        "  stage: hot",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"recency_days": {"to": 60, "by": -1001}}, "a new purchase"),
        ({"frequency": {"to": 4, "by": 1}}, "1 more purchase in the window"),
        ({"frequency": {"to": 9, "by": 6}}, "6 more purchases in the window"),
        ({"monetary": {"to": 500.5, "by": 1380.25}}, "1,380.25 more spent in the window"),
        ({"stage": {"to": "hot"}}, "with: stage hot, now not known"),
        ({"satisfaction": {"to": 5, "by": 1}}, "with: satisfaction 5 (very satisfied)"),
        ({"open_complaints": {"to": 0, "by": -2}}, "with: open complaints 0"),
        ({"share": {"to": 0.7, "by": 0.4}}, "with: share 70 %"),
        (
            {"recency_days": {"to": 60, "by": -1}, "frequency": {"to": 4, "by": 1}},
            "with: 1 more purchase in the window",
        ),
        (
            {"frequency": {"to": 4, "by": 1}, "monetary": {"to": 9, "by": 2}},
            "with: 1 more purchase in the window and 2 more spent in the window",
        ),
    ],
)
def test_what_would_change_it(change, says):
    nearest = [{"label": "important_value", "change": change}, {"label": "no", "change": {}}]
    last = told(RFM, reason(nearest=nearest, missing=["stage"]), Plain()).splitlines()[-1]
    assert last.startswith("  would become important value (important_value) with: ")
    assert says in last


@pytest.mark.parametrize(
    ("bands", "band", "says"),
    [
        (RECENCY, "high", "up to 60"),
        (RECENCY, "low", "over 60"),
        (FREQUENCY, "low", "under 4"),
        (FREQUENCY, "mid", "from 4, under 9"),
        (FREQUENCY, "high", "from 9"),
    ],
)
def test_where_a_band_lies(bands, band, says):
    cuts = [str(cut.value) for cut in bands.cuts]
    assert band_range(bands, band, cuts) == says


def test_a_cut_that_was_not_found_says_nothing():
    assert band_range(RECENCY, "high", []) == ""


def test_a_list_of_labels():
    assert told(RFM, reason(label=["a_b", "c"], rows=[]), Plain()) == "RFM: a b (a_b), c"
    assert told(RFM, reason(label=[], rows=[]), Plain()) == "RFM: -"


def test_an_id_that_is_its_own_name_is_told_once():
    assert told(RFM, reason(label="regular", rows=[]), Plain()) == "RFM: regular"


def test_nothing_known_is_said_in_one_line():
    inputs = [{"measure": name, "value": None, "band": None, "cut_points": []} for name in "ab"]
    nearest = [{"label": "no", "change": {"a": {"to": 1}}}]
    shown = told(RFM, reason(rows=[], inputs=inputs, nearest=nearest), Plain())
    assert shown.splitlines()[1:] == ["  nothing is known of: a, b"]
