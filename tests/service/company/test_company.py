"""The made-up company: the same everywhere, without contradictions, with something to say."""

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from custrata import Engine
from custrata.engine.model import RECORDS
from custrata.service.company import company, write
from custrata.service.company.calendar import Calendar
from custrata.service.company.firm import firm
from custrata.service.inputs import Inputs

DAY = date(2026, 11, 21)
BEFORE = DAY - timedelta(days=91)
END = datetime(2026, 11, 22, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
"""When that day is over."""
ID = "customer_id"
FURTHER = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
currency: VND
measures:
  sale_dates: {measure: frequency, count: days, window: all}
  tea_bags_days: {measure: adoption_days, product: Trà túi lọc lá chuối 20 gói, launch: 2025-05-10}
classifiers:
  lifecycle:
    table:
      rules:
        - {stage: lost, label: ended}
        - {recency_days: "> 365", label: ended}
        - {silence_ratio: ">= 3", recency_days: ">= 45", label: quiet}
        - {sale_dates: "< 3", recency_days: "> 120", label: quiet}
        - {sale_dates: ">= 3", tenure_days: ">= 90", label: established}
        - {recency_days: ">= 0", label: first_deal}
      otherwise: approach
  relationship:
    where: {recency_days: ">= 0"}
    outside: none
    bands:
      monetary: {cuts: [{top_fraction: 0.2}], names: [low, high]}
    table:
      rules:
        - {open_complaints: ">= 1", label: needs_care}
        - {satisfaction: [1, 2], label: needs_care}
        - {label.lifecycle: quiet, label: needs_care}
        - {growth_rate: "<= -0.2", label: needs_care}
        - {tenure_days: "< 180", label: too_new}
        - {growth_rate: ">= 0.2", monetary: high, label: strong_growth}
        - {sale_dates: ">= 3", label: loyal}
      otherwise: no_potential
  key_groups:
    bands:
      monetary: {cuts: [{top_fraction: 0.1}], names: [low, high]}
    table:
      hit_policy: collect
      rules:
        - {monetary: high, label: top_spenders}
        - {tenure_days: ">= 730", frequency: ">= 1", label: long_standing}
        - {lost_reason: competitor, stage: lost, label: defectors}
  adopter:
    where: {tea_bags_days: ">= 0"}
    outside: non_adopter
    bands:
      tea_bags_days:
        cuts: [{quantile: 0.025}, {quantile: 0.16}, {quantile: 0.5}, {quantile: 0.84}]
        names: [innovator, early_adopter, early_majority, late_majority, laggard]
    table:
      rules:
        - {tea_bags_days: innovator, label: innovator}
        - {tea_bags_days: early_adopter, label: early_adopter}
        - {tea_bags_days: early_majority, label: early_majority}
        - {tea_bags_days: late_majority, label: late_majority}
        - {tea_bags_days: laggard, label: laggard}
  kotler:
    where: {peer_share: ">= 0"}
    outside: unknown
    bands:
      peer_share: {cuts: [0.05, 0.2], names: [few, medium, many]}
      margin_rate: {cuts: [0.15, 0.35], names: [low, medium, high]}
    table:
      rules:
        - {peer_share: many, margin_rate: [low, medium], label: reactive}
        - {peer_share: [few, medium], margin_rate: [low, medium], label: accountable}
        - {margin_rate: high, label: proactive}
      otherwise: unknown
"""


@pytest.fixture(scope="module")
def made():
    return company()


@pytest.fixture(scope="module")
def facts(made):
    return {name: frame for name, frame in made.frames().items() if name in RECORDS}


@pytest.fixture(scope="module")
def shipped(facts):
    engine = Engine.from_file("config/rules.yaml")
    return engine.run(as_of=DAY, **facts)


def sizes(result, classifier):
    return {label: one.customers for label, one in result.sizes[classifier].items()}


# --- the same everywhere ------------------------------------------------------------------


def test_a_seed_gives_the_same_bytes_on_every_machine(tmp_path):
    digest = hashlib.sha256()
    for path in write(company(seed=7, customers=80), tmp_path).values():
        digest.update(path.read_bytes())
    assert digest.hexdigest() == "9e044066c13765a966ddb816e6bb76f84e1313a660c44d3064a045d4ccadb06b"


def test_another_seed_gives_others():
    one, other = (company(seed=seed, customers=10).customers for seed in (1, 2))
    assert not one.equals(other)


def test_it_can_end_on_another_day():
    few = company(customers=20, last_day=date(2025, 6, 30))
    assert few.customers.height == 20
    assert few.transactions["occurred_at"].dt.date().max() <= date(2025, 6, 30)


# --- realistic ----------------------------------------------------------------------------


def test_every_label_of_the_rules_that_ship_has_customers_and_none_has_nearly_all(shipped):
    expected = {
        "rfm": {
            *("important_value", "important_keep", "important_develop", "important_retain"),
            *("general_value", "general_keep", "general_develop", "general_retain"),
            "no_purchase",
        },
        "pareto": {"key", "long_tail"},
        "loyalty": {"loyal", "supporter", "regular", "occasional", "at_risk", "unknown"},
        "stale_contact": {"in_touch", "dont_forget", "unknown"},
    }
    for classifier, labels in expected.items():
        found = sizes(shipped, classifier)
        assert set(found) == labels
        assert min(found.values()) >= 20
        assert max(found.values()) < 0.93 * 3000
    assert {one.code for one in shipped.diagnostics} == {
        "band-empty",  # of sectors, one is large
    }


def test_the_other_systems_of_the_field_have_something_to_say_too(facts):
    found = Engine.from_text(FURTHER).run(as_of=DAY, **facts)
    expected = {
        "lifecycle": {"approach", "first_deal", "established", "quiet", "ended"},
        "relationship": {
            *("needs_care", "too_new", "strong_growth", "loyal", "no_potential", "none"),
        },
        "adopter": {
            *("innovator", "early_adopter", "early_majority", "late_majority", "laggard"),
            "non_adopter",
        },
        "kotler": {"reactive", "accountable", "proactive", "unknown"},
    }
    for classifier, labels in expected.items():
        assert set(sizes(found, classifier)) == labels
        assert min(sizes(found, classifier).values()) >= 10
    for group in ("top_spenders", "long_standing", "defectors"):
        assert found.labels["key_groups"].cast(pl.String).str.contains(group).sum() >= 50


def test_a_fifth_of_the_buyers_brings_four_fifths_of_the_revenue(made, shipped):
    bought = shipped.measures.filter(pl.col("monetary") > 0)["monetary"].cast(float)
    largest = bought.sort(descending=True)
    share = largest.head(round(0.2 * largest.len())).sum() / largest.sum()
    assert 0.75 < share < 0.85
    assert 0.05 < largest[0] / largest.sum() < 0.1
    assert 50_000 < made.transactions.height < 70_000


def test_tomorrow_more_customers_are_forgotten_than_today(facts, shipped):
    engine = Engine.from_file("config/rules.yaml")
    later = engine.run(as_of=DAY + timedelta(days=1), calibration=shipped.calibration, **facts)
    today, tomorrow = (
        set(one.labels.filter(pl.col("stale_contact") == "dont_forget")[ID])
        for one in (shipped, later)
    )
    assert len(tomorrow - today) >= 3
    assert today <= tomorrow


def test_every_page_finds_its_odd_cases(made):
    customers, open_cases = made.customers, made.feedback.filter(pl.col("settled_at").is_null())
    for name in ("phone", "email", "source", "owner", "created_at"):
        assert customers[name].null_count() > 0
    assert customers["name"].n_unique() < customers.height
    assert customers["referred_by"].drop_nulls().is_in(customers[ID].implode()).all()
    assert {"vi", "zh_Hant", "zh_Hans", "en"} == set(customers["language"])
    assert open_cases.filter(pl.col("due_at") < END).height >= 3
    assert open_cases.filter(kind="complaint").height >= 3
    assert made.visits.filter(pl.col("day") > DAY).height >= 10
    assert customers.filter(birthday()).height >= 1
    left = {"khoa", "ngoc", "dat"}
    assert left & set(made.owner_changes["from"]) == left
    assert customers.filter(pl.col("owner").is_in(left)).height < 20
    assert {"missed", "no_answer", "bounced"} < set(made.contacts["outcome"])
    assert made.transactions.filter(pl.col("amount") < 0)["refund_of"].null_count() >= 10


def birthday():
    day = pl.col("birth_date")
    return (day.dt.month() == DAY.month) & (day.dt.day() == DAY.day)


def test_opportunities_are_won_lost_stalled_and_about_to_close(made):
    last = made.opportunities.sort("changed_at").group_by("opportunity_id").last()
    still = last.filter(pl.col("outcome").is_null())
    week = still.filter(pl.col("expected_close").is_between(DAY, DAY + timedelta(days=7)))
    stalled = still.filter(pl.col("changed_at").dt.date() < DAY - timedelta(days=60))
    assert min(Counter(last["outcome"]).values()) >= 100
    assert week.height >= 3
    assert stalled.height >= 10


def test_what_is_new_is_sold_from_its_launch_on(made):
    sold = made.transactions.filter(pl.col("amount") > 0)
    first = dict(sold.group_by("product").agg(pl.col("occurred_at").dt.date().min()).iter_rows())
    for product in firm().products:
        if product.launched is not None:
            launch = DAY - timedelta(days=product.launched)
            assert launch <= first[product.name] < launch + timedelta(days=45)


# --- without contradictions ---------------------------------------------------------------


def test_won_customers_were_won_by_their_first_order(made):
    first = made.transactions.group_by(ID).agg(first=pl.col("occurred_at").min())
    won = made.stage_changes.filter(to="closed").group_by(ID).agg(won=pl.col("changed_at").min())
    both = first.join(won, on=ID, how="full", coalesce=True)
    assert both.null_count().sum_horizontal().item() == 0
    assert (both["won"] - both["first"]).is_between(timedelta(0), timedelta(hours=1)).all()
    leads = made.customers.join(first, on=ID, how="anti")
    assert set(leads["stage"]) == {"new", "approached", "potential", "hot", None}


def test_a_stage_goes_on_from_the_one_before_and_the_book_has_the_last(made):
    changes = made.stage_changes.sort(ID, "changed_at")
    before = changes["to"].shift(1).set(changes[ID] != changes[ID].shift(1), None)
    assert changes["from"].equals(before.alias("from"))
    last = changes.group_by(ID).last().select(ID, last="to")
    assert made.customers.join(last, on=ID).filter(pl.col("stage") != pl.col("last")).is_empty()


def test_who_left_says_why_and_whom_for(made):
    lost = made.customers.filter(stage="lost")
    assert lost.height >= 100
    assert lost["lost_reason"].null_count() == 0
    gone = lost.filter(lost_reason="competitor")
    assert gone["lost_to"].null_count() == 0
    others = made.customers.filter(pl.col("stage").ne_missing("lost"))
    assert others["lost_reason"].null_count() == others.height


def test_nothing_happens_before_a_customer_is_known_or_after_the_last_day(made):
    known = made.customers.select(ID, "created_at")
    times = {"transactions": "occurred_at", "contacts": "occurred_at", "feedback": "opened_at"}
    times |= dict.fromkeys(("stage_changes", "owner_changes", "opportunities"), "changed_at")
    for name, column in {**times, "visits": "planned_at"}.items():
        rows = getattr(made, name).join(known, on=ID, validate="m:1")
        assert rows.height == getattr(made, name).height
        assert rows.filter(pl.col(column) < pl.col("created_at")).is_empty()
        assert rows[column].max() < END


def test_the_firm_keeps_its_hours(made):
    closed = [date.fromordinal(day) for day in Calendar.of(firm()).closed]
    for rows in (made.contacts, made.transactions):
        at = rows["occurred_at"]
        assert not at.dt.date().is_in(closed).any()
        assert at.dt.hour().is_between(7, 22).all()
    assert made.contacts.filter(pl.col("occurred_at").dt.weekday() == 7).is_empty()


def test_refunds_give_back_no_more_than_was_paid(made):
    sold = made.transactions.filter(pl.col("amount") > 0)
    back = made.transactions.filter(pl.col("amount") < 0, pl.col("refund_of").is_not_null())
    named = pl.concat(
        [
            sold.select(ID, "amount", refund_of="transaction_id"),
            sold.group_by(ID, refund_of="order_id")
            .agg(pl.col("amount").sum())
            .select(ID, "amount", "refund_of"),
        ]
    )
    both = back.join(named, on=[ID, "refund_of"], suffix="_paid")
    assert both.height == back.height > 200
    assert both.filter(-pl.col("amount") > pl.col("amount_paid")).is_empty()
    assert made.transactions["transaction_id"].is_unique().all()


def test_nobody_is_real(made):
    assert made.customers["email"].drop_nulls().str.ends_with("@example.com").all()
    assert made.customers["phone"].drop_nulls().str.contains(r"^(\+\d{2,3} ?|0)000").all()


# --- known by a day -----------------------------------------------------------------------


def test_the_past_is_what_was_known_then(made):
    then = made.until(BEFORE)
    end = END - (DAY - BEFORE)
    assert then.customers.height < made.customers.height
    assert then.transactions["occurred_at"].max() < end
    last = (
        made.stage_changes.filter(pl.col("changed_at") < end).sort("changed_at").group_by(ID).last()
    )
    assert then.customers.join(last, on=ID).filter(pl.col("stage") != pl.col("to")).is_empty()
    assert then.customers["owner"].is_in(["dat"]).sum() > 50
    assert then.feedback.filter(pl.col("settled_at") >= end).is_empty()
    reopened = then.feedback.join(made.feedback, on="feedback_id").filter(
        pl.col("state") != pl.col("state_right")
    )
    assert reopened.height >= 3
    assert then.until(BEFORE).customers.equals(then.customers)
    assert made.until(DAY).feedback.equals(made.feedback)


def test_what_came_since_adds_up_to_what_is_known(made):
    then = made.until(BEFORE)
    news = made.since(then)
    assert news.transactions.height == made.transactions.height - then.transactions.height
    updated = then.customers.update(news.customers, on=ID, how="full", include_nulls=True)
    assert updated.sort(ID).equals(made.customers.sort(ID))
    assert news.groups.is_empty()
    assert news.since(news).customers.is_empty()


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_files_read_as_the_frames_do(tmp_path, ending):
    small = company(customers=60)
    paths = write(small, tmp_path / "book", ending)
    assert set(paths) == set(small.frames())
    engine = Engine.from_file("config/rules.yaml")
    files = Inputs({name: path for name, path in paths.items() if name in RECORDS}).frames()
    frames = {name: frame for name, frame in small.frames().items() if name in RECORDS}
    by_files, by_frames = (engine.run(as_of=DAY, **given) for given in (files, frames))
    assert by_files.labels.sort(ID).equals(by_frames.labels.sort(ID))
    assert by_files.measures.sort(ID).equals(by_frames.measures.sort(ID))
