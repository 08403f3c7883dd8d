"""All that is known of one customer, and why, in words."""

from datetime import date
from decimal import Decimal

import pytest

from custrata.service.customers.profile import LATEST, each_label, profile
from custrata.service.customers.record import record_sale, set_stage
from custrata.service.customers.why import ahead, why
from custrata.service.registers.treatments import set_treatment
from custrata.service.runs import run
from custrata.store.faults import StoreError
from tests.service.customers.lan import LAN, settle_in
from tests.service.runs.putting import at, contact, customer, put, rules


class English:
    """Texts as they are."""

    def gettext(self, text, /, **values):
        return text % values

    def ngettext(self, one, many, number, /, **values):
        return (one if number == 1 else many) % values

    def value(self, given, _unit):
        return str(given)

    def day(self, day):
        return day.isoformat()


def of(desk, who):
    with desk.database.read() as session:
        return profile(session, who)


def test_everything_of_her_and_nothing_of_others(desk):
    settle_in(desk)
    set_treatment(desk, "reach", "fresh", offer="a card", contact_every_days=30)
    found = of(desk, LAN)
    assert (found.known.name, found.stage) == ("Nguyễn Thị Lan", "hot")
    (reach, sent_by) = found.labels
    assert (reach.classifier, reach.labels, reach.rank) == ("reach", ("fresh",), None)
    assert [one.offer for one in reach.treatments] == ["a card"]
    assert (sent_by.label, sent_by.treatments) == ("by_nobody", ())
    assert [(one.code, one.dynamic) for one in found.groups] == [("nong", True), ("vip", False)]
    assert [(one.amount, one.order) for one in found.sales] == [(Decimal("12000.50"), f"{LAN}/1")]
    assert [one.note for one in found.contacts] == ["Lan called", f"about {LAN}"]
    assert [one.answer for one in found.answers] == [f"by {LAN}"]
    assert [one.text for one in found.feedback] == [LAN]


def test_a_line_of_time_the_latest_first(desk, clock):
    settle_in(desk)
    clock.forward(hours=1)
    set_stage(desk, LAN, "potential", why="called back")
    events = of(desk, LAN).events
    latest = events[0]
    assert (latest.kind, latest.was, latest.now, latest.by, latest.why) == (
        *("stage", "hot", "potential"),
        *("an", "called back"),
    )
    assert [one.at for one in events] == sorted((one.at for one in events), reverse=True)
    assert {one.kind for one in events} == {"stage", "owner", "label", "reminder"}
    (fresh,) = [one for one in events if one.classifier == "reach" and one.now == "fresh"]
    assert (fresh.was, fresh.how) == ("far", "facts")


def test_the_latest_of_each_kind(desk):
    put(desk, customer("a", "hot", "2026-01-05"))
    put(desk, *(contact("a", "2026-10-01") for _ in range(LATEST + 5)))
    assert len(of(desk, "a").contacts) == LATEST


def test_a_customer_of_whom_hardly_anything_is_known(desk):
    put(desk, customer("a"))
    found = of(desk, "a")
    assert (found.stage, found.labels, found.events, found.sales) == (None, (), (), ())
    with pytest.raises(StoreError, match="no-customer"):
        of(desk, "b")


@pytest.mark.parametrize(
    ("label", "each"), [(None, ()), ("a", ("a",)), ('["a", "b"]', ("a", "b")), ("[a", ("[a",))]
)
def test_each_label_of_a_value(label, each):
    assert each_label(label) == each


RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  rfm: {bands: {monetary: {cuts: [500]}}}
  stale_contact: {}
"""


def test_why_and_what_comes_in_words(desk):
    rules(desk, RULES)
    put(desk, customer("a", "hot", "2026-01-05"), contact("a", "2026-11-01"))
    with pytest.raises(StoreError, match="no-run"):
        why(desk, "a", "en", English())
    assert ahead(desk, "a", "en", English()) == ()
    run(desk)
    record_sale(desk, "a", Decimal(200), at("2026-11-02"))
    found = why(desk, "a", "en", English())
    rfm, stale = found.told
    assert (found.as_of, rfm.classifier, rfm.label) == (
        date(2026, 11, 21),
        "rfm",
        "general_develop",
    )
    values = [(one.name, one.value, one.band, one.reach) for one in rfm.facts]
    assert values[0] == ("Days since last purchase", "19", "Bought recently", "up to 60")
    assert any("300 more spent in the window" in one.steps for one in rfm.better)
    assert stale.label == "in_touch"
    comes = {one.classifier: one for one in ahead(desk, "a", "vi", English())}
    assert comes["stale_contact"].label == "Đừng quên"
    assert comes["stale_contact"].day == date(2026, 12, 1)
    assert comes["stale_contact"].kept_by == "a contact before 2026-12-01"
    assert comes["rfm"].kept_by == "a purchase before 2027-01-02"
