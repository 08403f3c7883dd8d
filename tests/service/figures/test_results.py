"""What each salesperson and each marketer brought about: exact, for whom she belonged to then."""

from datetime import date
from decimal import Decimal

import pytest

from custrata.service.calendar.times import months_until
from custrata.service.figures import latest
from custrata.service.runs import run
from custrata.store.models import OwnerChange
from tests.service.runs.putting import at, contact, customer, put, rules, sale, stage_set

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  pareto: {}
"""


def handed(name, day, to, before=None, hour=9):
    moment = at(day, hour)
    return OwnerChange(
        customer_id=name, changed_at=moment, from_owner=before, to_owner=to, recorded_at=moment
    )


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    return desk


def told(desk, whose="owners"):
    run(desk)
    with desk.database.read() as session:
        found = latest(session).get("results")
    return {(row["month"], row.get("owner", row.get("marketer"))): row for row in found[whose]}


def counts(row, *names):
    return tuple(row[name] for name in names)


def test_months_cross_the_year():
    found = months_until(date(2026, 1, 31), 13)
    ends = [date(2025, 12, 1), date(2026, 1, 1)]
    assert (found[0], found[-2:], len(found)) == (date(2025, 1, 1), ends, 13)


def test_a_sale_counts_for_whom_she_belonged_to_on_its_day(desk):
    put(desk, customer("a", created="2026-01-05", owner="bao"))
    put(desk, handed("a", "2026-11-10", "bao", "an", hour=15))
    put(desk, sale("a", "2026-11-09", 10050, 2), sale("a", "2026-11-10", 200))
    put(desk, sale("a", "2026-11-12", -30), sale("a", "2026-10-01", 7))
    found = told(desk)
    assert counts(found["2026-11", "an"], "sales", "revenue") == (1, "100.5")
    assert counts(found["2026-11", "bao"], "sales", "revenue") == (1, "170.0")
    assert counts(found["2026-10", "an"], "sales", "won", "revenue") == (1, 1, "7.0")
    assert found["2026-01", "an"]["taken_over"] == 1
    assert found["2026-11", "bao"]["taken_over"] == 1
    assert found["2026-11", "bao"]["won"] == 0


def test_a_refund_that_names_its_sale_reduces_it_where_it_counted(desk):
    put(desk, customer("a", created="2026-01-05", owner="bao"))
    put(desk, handed("a", "2026-11-01", "bao", "an"))
    put(desk, sale("a", "2026-10-20", 500, transaction_id="s1"))
    put(desk, sale("a", "2026-10-21", 80, transaction_id="s2"))
    put(desk, sale("a", "2026-11-05", -100, refund_of="s1"))
    put(desk, sale("a", "2026-11-06", -80, refund_of="s2"))
    found = told(desk)
    assert counts(found["2026-10", "an"], "sales", "won", "revenue") == (1, 1, "400")
    assert counts(found["2026-11", "bao"], "sales", "revenue") == (0, "0")


def test_the_first_contact_is_one_that_counts_while_she_was_theirs(desk):
    put(desk, *(customer(name, created="2026-11-02", owner="an") for name in "abcd"))
    put(desk, contact("a", "2026-11-02"), contact("a", "2026-11-09"))
    put(desk, contact("b", "2026-11-03", outcome="missed"), contact("b", "2026-11-08"))
    put(desk, handed("d", "2026-11-10", "bao", "an"), contact("d", "2026-11-10"))
    row = told(desk)["2026-11", "an"]
    assert row["taken_over"] == 4
    assert row["waits"] == [[0, 1], [6, 1]]  # c never, d only by whom she was given to
    assert told(desk)["2026-11", "bao"]["waits"] == [[0, 1]]


def test_created_for_nobody_and_assigned_later(desk):
    put(desk, customer("a", created="2026-10-30", owner="an"))
    put(desk, handed("a", "2026-11-03", "an"), contact("a", "2026-11-05"))
    put(desk, sale("a", "2026-11-01", 40), sale("a", "2026-11-03", 5))
    put(desk, customer("b"), sale("b", "2026-09-01", 1))
    found = told(desk)
    assert ("2026-10", "an") not in found
    assert counts(found["2026-11", "an"], "taken_over", "won", "revenue") == (1, 0, "5")
    assert found["2026-11", "an"]["waits"] == [[2, 1]]
    assert counts(found["2026-11", None], "taken_over", "won", "revenue") == (0, 1, "40")
    assert counts(found["2026-09", None], "won", "revenue") == (1, "1")


def test_of_several_changes_on_a_day_the_last_one_counts(desk):
    put(desk, customer("a", created="2026-11-10", owner="cuc"))
    put(desk, handed("a", "2026-11-10", "an", hour=8), handed("a", "2026-11-12", "bao", "an"))
    put(desk, handed("a", "2026-11-12", "an", "bao", hour=11))
    put(desk, handed("a", "2026-11-13", "bao", "an", hour=8))
    put(desk, handed("a", "2026-11-13", "cuc", "bao", hour=9))
    put(desk, sale("a", "2026-11-12", 1), sale("a", "2026-11-13", 2))
    found = told(desk)
    assert counts(found["2026-11", "an"], "taken_over", "revenue") == (1, "1")
    assert counts(found["2026-11", "cuc"], "taken_over", "revenue") == (1, "2")
    assert ("2026-11", "bao") not in found


def test_days_are_those_of_the_rules_time_zone(desk):
    put(desk, customer("a", created="2026-10-01", owner="bao"))
    put(desk, handed("a", "2026-11-01", "bao", "an", hour=0))  # 31 October in UTC
    put(desk, sale("a", "2026-11-01", 9))
    found = told(desk)
    assert found["2026-11", "bao"]["taken_over"] == 1
    assert ("2026-10", "bao") not in found
    assert found["2026-11", "bao"]["revenue"] == "9"


def test_a_change_of_tomorrow_is_not_read(desk):
    put(desk, customer("a", created="2026-10-01", owner="bao"))
    put(desk, handed("a", "2026-11-22", "bao", "an"), sale("a", "2026-11-20", 9))
    put(desk, stage_set("a", "2026-11-22", "lost", "hot"))
    found = told(desk)
    assert found["2026-11", "an"]["revenue"] == "9"
    assert all(row["lost"] == 0 for row in found.values())
    assert ("2026-11", "bao") not in found


def test_moves_forward_count_once_a_stage_and_month(desk):
    put(desk, customer("a", "hot", created="2026-01-01", owner="bao"))
    put(desk, handed("a", "2026-11-06", "bao", "an"))
    put(
        desk,
        stage_set("a", "2026-10-30", "approached", "new"),
        stage_set("a", "2026-11-02", "potential"),  # it does not say from where
        stage_set("a", "2026-11-03", "approached", "potential"),
        stage_set("a", "2026-11-07", "potential", "approached"),
        stage_set("a", "2026-11-08", "hot", "potential"),
        stage_set("a", "2026-11-09", "closed", "hot", by="rule:stale_contact"),
        stage_set("a", "2026-11-10", "closed", "hot", by="system"),
    )
    found = told(desk)
    assert found["2026-10", "an"]["moved_on"] == 1
    assert found["2026-11", "an"]["moved_on"] == 1
    assert found["2026-11", "bao"]["moved_on"] == 1


def test_what_comes_from_nowhere_or_from_the_exit_is_no_move_forward(desk):
    put(desk, customer("a", "hot", created="2026-01-01", owner="an"))
    put(desk, stage_set("a", "2026-11-02", "new"), stage_set("a", "2026-11-03", "lost", "new"))
    put(desk, stage_set("a", "2026-11-04", "hot", "lost"), stage_set("a", "2026-11-05", "lost"))
    put(desk, stage_set("a", "2026-11-06", "lost", "lost"))
    row = told(desk)["2026-11", "an"]
    assert counts(row, "moved_on", "lost") == (0, 1)


def test_who_was_lost_in_two_months_counts_in_each(desk):
    put(desk, customer("a", "lost", created="2026-01-01", owner="an"))
    put(desk, stage_set("a", "2026-10-02", "lost", "hot", by="system"))
    put(desk, stage_set("a", "2026-11-01", "hot", "lost"), stage_set("a", "2026-11-03", "lost"))
    found = told(desk)
    assert [found[month, "an"]["lost"] for month in ("2026-10", "2026-11")] == [1, 1]


def test_marketers_have_whom_they_brought(desk):
    put(desk, customer("a", created="2026-11-01", owner="an", marketer="quynh"))
    put(desk, customer("b", created="2026-11-02", marketer="quynh"))
    put(desk, customer("c", created="2026-10-02", marketer="quynh"))
    put(desk, contact("a", "2026-11-03"), contact("b", "2026-11-04", outcome="missed"))
    put(desk, sale("c", "2026-11-04", 25, 1), sale("a", "2026-11-05", 10), sale("a", "2026-11-06"))
    found = told(desk, "marketers")
    names = ("brought", "contacted", "won", "sales", "revenue")
    assert counts(found["2026-11", "quynh"], *names) == (2, 1, 2, 3, "112.5")
    assert counts(found["2026-10", "quynh"], *names) == (1, 0, 0, 0, "0.0")


def test_nothing_of_before_thirteen_months_and_nobody_unknown(desk):
    put(desk, customer("a", created="2025-10-31", owner="an"), sale("a", "2025-10-31", 9))
    put(desk, customer("b", created="2025-11-01", owner="an"), sale("b", "2025-11-01", 9))
    found = told(desk)
    assert list(found) == [("2025-11", "an")]
    assert counts(found["2025-11", "an"], "taken_over", "won", "revenue") == (1, 1, "9")


def test_a_firm_of_which_only_names_are_known(desk):
    put(desk, customer("a"))
    assert told(desk) == {}


@pytest.mark.parametrize("seed", range(4))
def test_first_sales_and_revenue_add_up_whoever_had_them(desk, seed):
    import random

    dice = random.Random(seed)
    people = ["an", "bao", "cuc", None]
    everything, firsts = Decimal(), 0
    for number in range(30):
        name = f"c{number}"
        born = date(2026, dice.randint(1, 10), dice.randint(1, 28))
        put(desk, customer(name, created=str(born), owner=dice.choice(people)))
        owner = dice.choice(people)
        for _ in range(dice.randint(0, 3)):
            day, after = date(2026, dice.randint(1, 11), dice.randint(1, 20)), dice.choice(people)
            put(desk, handed(name, day, after, owner, hour=dice.randint(0, 23)))
            owner = after
        sold = 0
        for _ in range(dice.randint(0, 4)):
            amount, scale = dice.randint(-300, 900), dice.randint(0, 3)
            day = date(2026, dice.randint(1, 11), dice.randint(1, 20))
            put(desk, sale(name, day, amount, scale))
            everything += Decimal(amount).scaleb(-scale)
            sold += amount >= 0
        firsts += sold > 0
    run(desk)
    with desk.database.read() as session:
        found = latest(session).get("results")
    for rows in (found["owners"], found["marketers"]):
        assert sum(row["won"] for row in rows) == firsts
        assert sum(Decimal(row["revenue"]) for row in rows) == everything


def test_the_example_of_the_documentation(desk):
    put(desk, customer("lan", "potential", created="2026-11-03", owner="bao"))
    put(desk, contact("lan", "2026-11-04", outcome="missed"), contact("lan", "2026-11-05"))
    for hour, (before, after) in enumerate(
        [
            ("new", "approached"),
            ("approached", "potential"),
            ("potential", "approached"),
            ("approached", "potential"),
        ]
    ):
        change = stage_set("lan", "2026-11-06", after, before)
        change.changed_at = at("2026-11-06", 9 + hour)
        put(desk, change)
    put(desk, sale("lan", "2026-11-10", 2_000_000), handed("lan", "2026-11-10", "bao", "an", 15))
    put(desk, sale("lan", "2026-11-12", -300_000), contact("lan", "2026-11-14", channel="visit"))
    found = told(desk)
    names = ("taken_over", "waits", "moved_on", "won", "sales", "revenue")
    assert counts(found["2026-11", "an"], *names) == (1, [[2, 1]], 2, 0, 0, "0")
    assert counts(found["2026-11", "bao"], *names) == (1, [[4, 1]], 0, 1, 1, "1700000")
