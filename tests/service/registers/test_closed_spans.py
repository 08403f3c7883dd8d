"""Closed days are shown as spans."""

from datetime import date

from custrata.service.registers.closed_days import (
    Span,
    add_closed_days,
    closed_spans,
    remove_closed_days,
)


def spans(desk):
    with desk.database.read() as session:
        return closed_spans(session)


def test_days_that_follow_one_another_under_one_name_are_one_span(desk):
    add_closed_days(desk, "Tết", date(2027, 2, 5), date(2027, 2, 9))
    add_closed_days(desk, "Moving", date(2027, 2, 10))
    add_closed_days(desk, "Tết", date(2027, 2, 12))
    found = spans(desk)
    assert found == [
        Span("Tết", date(2027, 2, 5), date(2027, 2, 9)),
        Span("Moving", date(2027, 2, 10), date(2027, 2, 10)),
        Span("Tết", date(2027, 2, 12), date(2027, 2, 12)),
    ]
    assert [one.days for one in found] == [5, 1, 1]
    remove_closed_days(desk, date(2027, 2, 7))
    assert [(one.first.day, one.last.day) for one in spans(desk)][:2] == [(5, 6), (8, 9)]
