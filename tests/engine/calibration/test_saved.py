from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.engine.calibration import Calibration, fingerprint
from custrata.engine.diagnostics import DataError
from custrata.engine.model import Cut, FoundBands, Ruleset

DAY = date(2026, 11, 21)
BANDS = FoundBands(
    (Cut(Fraction(1, 3), strict=True), Cut(Fraction("2.5")), None), ("a", "b", "c", "d")
)
SAVED = Calibration(
    ruleset="f" * 32,
    as_of=DAY,
    bands={"rfm": {"monetary": BANDS}},
    states={"repurchase_probability": {"r": 0.1, "alpha": [1, None, "é"]}},
    plugins={"rfm": "1.0"},
    customers=7,
)


def test_nothing_is_lost():
    assert Calibration.from_json(SAVED.to_json()) == SAVED


@given(
    st.lists(st.builds(Cut, st.fractions() | st.integers(), st.booleans()), max_size=4, unique=True)
)
def test_cuts_lose_nothing(cuts):
    bands = FoundBands(tuple(sorted(cuts)), tuple(map(str, range(len(cuts) + 1))))
    saved = Calibration("x", DAY, {"c": {"m": bands}})
    assert Calibration.from_json(saved.to_json()) == saved


def test_the_id_names_the_content():
    turned = json.loads(SAVED.to_json())
    turned = dict(reversed(turned.items()))
    assert Calibration.from_json(json.dumps(turned)).id == SAVED.id
    turned["customers"] = 8
    assert Calibration.from_json(json.dumps(turned)).id != SAVED.id
    assert len(SAVED.id) == 12


@pytest.mark.parametrize("kind", [Path, str])
def test_a_file_keeps_it(tmp_path, kind):
    path = kind(tmp_path / "calibration.json")
    SAVED.save(path)
    assert Calibration.load(path) == SAVED


def test_a_file_that_cannot_be_read(tmp_path):
    path = tmp_path / "calibration.json"
    with pytest.raises(DataError, match=r"calibration\.json cannot be read: No such file"):
        Calibration.load(path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(DataError, match=r"cannot be read: is no UTF-8 text"):
        Calibration.load(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.json:1:1 error[calibration-invalid] the calibration is no JSON: expecting value"),
        ('{"a": 1,\n}', "c.json:2:1 error"),
        ("[]", "the calibration is no object; allowed: an object"),
        ("null", "the calibration is no object"),
        ('{"a": NaN}', "holds NaN, which is no finite number"),
        ('{"a": 1e999}', "holds 1e999, which is no finite number"),
        ('{"a": 1, "a": 1}', "has the key 'a' twice in one object"),
        ("[" * 100_000, "holds a value nested too deeply"),
        ("1" * 5_000, "holds a number too long"),
        ("{}", "as_of is missing; allowed: a day as YYYY-MM-DD"),
    ],
)
def test_what_is_no_calibration_is_refused(text, message):
    with pytest.raises(DataError) as refused:
        Calibration.from_json(text, "c.json")
    assert message in str(refused.value)
    assert "c.json" in str(refused.value)


AT = ("bands", "rfm", "monetary", "cuts", 0)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("calibration",), 2, "calibration is 2; allowed: 1, the version of this form"),
        (("calibration",), True, "calibration is true; allowed: 1"),
        (("ruleset",), "", 'ruleset is ""; allowed: text'),
        (("as_of",), "2026-13-01", 'as_of is "2026-13-01"; allowed: a day as YYYY-MM-DD'),
        (("as_of",), 20261121, "as_of is 20261121; allowed: a day"),
        (("customers",), True, "customers is true; allowed: a whole number from 0"),
        (("customers",), -1, "customers is -1; allowed: a whole number from 0"),
        (("bands",), [], "bands is no object; allowed: an object"),
        (("bands",), None, "bands is null; allowed: an object"),
        (("bands", "rfm"), 3, "bands.rfm is no object"),
        (("bands", "rfm", "monetary"), None, "bands.rfm.monetary is null; allowed: an object"),
        (("bands", "rfm", "monetary", "cuts"), {}, "bands.rfm.monetary.cuts is no list"),
        (
            ("bands", "rfm", "monetary", "names"),
            ["a"],
            "monetary.names has 1 names; allowed: one more",
        ),
        (("bands", "rfm", "monetary", "names"), list("aaab"), "names has 4 names; allowed"),
        (AT, 5, "bands.rfm.monetary.cuts[0] is no object"),
        (AT, None, "bands.rfm.monetary.cuts fall; allowed: cuts that ascend"),
        ((*AT, "at"), "9", "bands.rfm.monetary.cuts fall; allowed: cuts that ascend"),
        ((*AT, "at"), 0.5, "cuts[0].at is 0.5; allowed: a number as text"),
        ((*AT, "at"), "1/0", 'cuts[0].at is "1/0"; allowed: a number as text'),
        ((*AT, "at"), "9" * 3000, 'cuts[0].at is "999'),
        ((*AT, "at"), "1e999999999", "cuts[0].at is"),
        ((*AT, "strict"), "true", 'cuts[0].strict is "true"; allowed: true or false'),
        ((*AT, "more"), 1, "bands.rfm.monetary.cuts[0].more is not known here"),
        (("plugins", "rfm"), 1, "plugins.rfm is 1; allowed: text"),
        (("states",), "x", "states is no object"),
        (("extra",), 1, "extra is not known here"),
    ],
)
def test_a_wrong_part_is_named_with_what_is_allowed(place, value, message):
    content = json.loads(SAVED.to_json())
    inner = content
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(DataError) as refused:
        Calibration.from_json(json.dumps(content), "c.json")
    assert message in str(refused.value)
    assert {fault.code for fault in refused.value.diagnostics} == {"calibration-invalid"}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["calibration", "ruleset", "as_of", "customers", "bands", "plugins"]), JSON)
def test_any_json_is_read_or_refused(key, value):
    content = json.loads(SAVED.to_json())
    content[key] = {"rfm": {"monetary": value}} if key == "bands" and value else value
    try:
        found = Calibration.from_json(json.dumps(content))
    except DataError as error:
        told = [str(fault) for fault in error.diagnostics]
    else:
        told = [f"{key} is right"]
        assert Calibration.from_json(found.to_json()) == found
    assert all(key in text for text in told)


def test_states_may_be_any_json():
    given_states = {"m": {"deep": [[{"x": None}], True, 1.5, "t"]}}
    saved = Calibration("x", DAY, states=given_states)
    assert Calibration.from_json(saved.to_json()).states == given_states


def test_it_belongs_to_its_rules():
    ruleset = Ruleset("rules.yaml")
    Calibration(fingerprint(ruleset), DAY).check_matches(ruleset)
    with pytest.raises(DataError, match=r"belongs to other rules than rules\.yaml") as refused:
        SAVED.check_matches(ruleset)
    assert refused.value.diagnostics[0].code == "calibration-mismatch"


@pytest.mark.parametrize(
    ("as_of", "code", "message"),
    [
        (date(2026, 12, 22), "calibration-old", "is 31 days old on 2026-12-22, more than 30"),
        (date(2026, 11, 20), "calibration-later", "of 2026-11-21 is later than 2026-11-20"),
    ],
)
def test_age_is_warned_about(as_of, code, message):
    (fault,) = SAVED.warnings(as_of)
    assert fault.code == code
    assert message in fault.message


@pytest.mark.parametrize("as_of", [DAY, date(2026, 12, 21)])
def test_up_to_thirty_days_are_fresh(as_of):
    assert SAVED.warnings(as_of) == ()
