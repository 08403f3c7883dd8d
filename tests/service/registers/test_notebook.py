"""The firm's notebook: written by several, nobody's words are lost."""

import pytest

from custrata.engine.diagnostics import CustrataError
from custrata.service.registers.notebook import (
    LONGEST,
    TOPICS,
    mark_of,
    notebook,
    write_page,
)


def code_of(call, *args):
    with pytest.raises(CustrataError) as refused:
        call(*args)
    return refused.value.diagnostics[0].code


def page(desk, topic):
    with desk.database.read() as session:
        return notebook(session).get(topic)


def test_there_is_a_page_for_the_market_and_for_each_key_group():
    assert len(TOPICS) == 2 + 3 * 2
    assert "defectors.dislikes" in TOPICS


def test_a_page_is_written_with_who_and_when(desk, clock):
    write_page(desk, "demographics", " Cafés,\n20 to 60 seats ")
    found = page(desk, "demographics")
    assert (found.text, found.by, found.at) == ("Cafés,\n20 to 60 seats", "an", clock())
    clock.forward(hours=1)
    write_page(desk.of("binh"), "demographics", "Cafés,\n20 to 60 seats")
    assert page(desk, "demographics").by == "an"  # the same words are nobody else's
    write_page(desk.of("binh"), "demographics", None)
    found = page(desk, "demographics")
    assert (found.text, found.by, found.at) == ("", "binh", clock())


def test_who_writes_last_is_told_that_somebody_wrote_meanwhile(desk):
    seen = mark_of(page(desk, "psychographics"))
    write_page(desk, "psychographics", "They taste first", seen)
    told = code_of(write_page, desk.of("binh"), "psychographics", "They look first", seen)
    assert told == "changed-meanwhile"
    assert page(desk, "psychographics").text == "They taste first"
    write_page(desk, "psychographics", "Both", mark_of(page(desk, "psychographics")))
    assert page(desk, "psychographics").text == "Both"


def test_what_cannot_be(desk):
    assert code_of(write_page, desk, "weather", "sunny") == "no-topic"
    assert code_of(write_page, desk, "demographics", "x" * (LONGEST + 1)) == "text-too-long"
    assert code_of(write_page, desk, "demographics", "a\0b") == "text-unreadable"
    assert page(desk, "demographics") is None
