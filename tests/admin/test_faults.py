"""Faults in the reader's language: no English in another one, no code's names in any."""

import re

import pytest

from custrata.admin import typed
from custrata.admin.faults import said, sentence
from custrata.engine.diagnostics import CustrataError, Diagnostic, Mark

ENGLISH = re.compile(r"\b(has|is|are|characters|still|come|taken|place|such|as|nobody|ids|of)\b")


@pytest.fixture
def read(seen):
    """A fault as a reader of a language has it."""

    def read(one, language):
        with seen.app.test_request_context("/", headers={"Accept-Language": language}):
            return sentence(one) if isinstance(one, Diagnostic) else said(one)[0]

    return read


LONG = Diagnostic("text-too-long", "why has 4,000 characters", allowed="up to 500")
AHEAD = Diagnostic("time-in-future", "occurred_at is still to come", allowed="what has taken place")
NOBODY = Diagnostic(
    "no-customer", "2 of 3 ids are nobody's: 'KH-1', 'KH-2'", allowed="ids of customers"
)
NO_TIME = Diagnostic("visit-time", "'26:00' is no time of day", allowed="such as 09:30")
FAR = Diagnostic("time-far", "2031-01-01 is far away", allowed="up to 2026-12-01")
UNKNOWN = Diagnostic("made-up", "the thing is made up", allowed="another thing")


@pytest.mark.parametrize("language", ["vi", "zh-TW", "zh-CN"])
@pytest.mark.parametrize("one", [LONG, AHEAD, NOBODY, NO_TIME, FAR])
def test_other_languages_are_told_without_english(read, one, language):
    told = read(one, language)
    assert told
    beside = told.replace("KH-", "")
    assert not ENGLISH.search(beside.replace("up to", "").replace("from", "")), told
    assert "occurred_at" not in told


def test_what_is_told_besides_is_the_field_the_value_and_what_is_allowed(read):
    told = read(LONG, "vi")
    assert "4.000" in told
    assert "500" in told
    assert "Why" not in told
    assert "09:30" in read(NO_TIME, "vi")
    assert "“26:00”" in read(NO_TIME, "vi")
    named = read(NOBODY, "vi")
    assert "“KH-1”, “KH-2”" in named
    assert "01-01" not in read(FAR, "zh-TW")  # days are written as the language does


def test_a_fault_without_a_sentence_is_not_told_in_english(read):
    assert "made up" not in read(UNKNOWN, "vi")
    assert read(UNKNOWN, "en") == "The thing is made up. Allowed: another thing."


def test_places_and_ids_of_rules_stay(read):
    fault = Diagnostic(
        "unknown-key",
        "rfm.bands: 'cutz' is not known here",
        mark=Mark("rules.yaml", 7, 3),
        allowed="cuts, names",
        nearest="cuts",
    )
    told = read(fault, "vi")
    for text in ("7:3", "rfm.bands", "“cutz”", "cuts, names"):
        assert text in told
    assert "not known" not in told


def test_english_names_the_field_as_the_form_does(read):
    assert read(AHEAD, "en").startswith("“When it was” is still to come.")
    assert read(LONG, "en") == "Why has 4,000 characters. Allowed: up to 500."


@pytest.mark.parametrize("text", ["", "  "])
def test_a_date_that_was_left_out_is_asked_for(read, text):
    with pytest.raises(CustrataError) as raised:
        typed.day(text)
    assert read(raised.value, "en") == "Fill in a date, such as 2026-11-21."


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("ics", "text/calendar; charset=utf-8"),
        ("csv", "text/csv; charset=utf-8"),
        ("yaml", "application/yaml"),
    ],
)
def test_a_file_says_once_how_it_is_written(seen, ending, kind):
    from custrata.admin.files import attached

    with seen.app.test_request_context("/"):
        assert attached(b"", f"a.{ending}").headers["Content-Type"] == kind
