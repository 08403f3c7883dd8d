"""The domain's classifiers read what the store has to give them."""

import pytest

from custrata.service.runs import reclassify, run
from custrata.store.models import Feedback, Opportunity
from tests.service.runs.putting import at, customer, fresh, label, put, rules, sale, stage_set

RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
measures:
  region: {measure: region, province: Hà Nội}
  adoption_days: {measure: adoption_days, product: tea, launch: 2025-01-01}
classifiers:
  pyramid: {}
  profile_region: {}
  sales_stage: {}
  relationship: {}
  adopter: {}
  lifecycle: {}
  key_groups: {}
  kotler: {}
"""


def step(name, opportunity, day, outcome=None):
    return Opportunity(
        customer_id=name,
        opportunity_id=opportunity,
        step="quotation",
        changed_at=at(day),
        outcome=outcome,
        **fresh(),
    )


@pytest.fixture
def desk(desk):
    rules(desk, RULES)
    put(
        desk,
        customer("buyer", "closed", "2026-01-01", attributes={"province": "TP. Hà Nội"}),
        customer("gone", "lost", "2026-01-01", lost_reason="competitor"),
        customer("asked", "new", "2026-01-01"),
    )
    put(desk, sale("buyer", "2026-11-01", 900, product="tea"), sale("gone", "2026-02-01", 100))
    put(desk, stage_set("gone", "2026-03-01", "lost", "closed"))
    put(desk, step("asked", "one", "2026-10-01"), step("asked", "two", "2026-11-01", "lost"))
    put(
        desk,
        Feedback(
            customer_id="buyer",
            opened_at=at("2026-11-02"),
            kind="complaint",
            state="open",
            **fresh(),
        ),
    )
    return desk


def test_every_record_tells(desk):
    run(desk)
    assert label(desk, "buyer", "pyramid") == "super"
    assert label(desk, "gone", "pyramid") == "small"
    assert label(desk, "buyer", "profile_region") == "local"
    assert [label(desk, name, "sales_stage") for name in ("buyer", "gone", "asked")] == [
        "current",
        "former",
        "prospect",
    ]
    assert label(desk, "buyer", "relationship") == "needs_care"
    assert label(desk, "buyer", "adopter") == "innovator"
    assert label(desk, "asked", "adopter") == "non_adopter"
    assert label(desk, "gone", "lifecycle") == "ended"
    assert label(desk, "gone", "key_groups") == '["defectors"]'
    assert label(desk, "asked", "kotler") == "unknown"


def test_one_customer_alone_gets_what_a_run_gives(desk):
    run(desk)
    put(desk, step("asked", "one", "2026-11-20", "lost"), sale("gone", "2026-11-20", 50))
    with desk.database.write() as session:
        reclassify(session, desk, ["asked", "gone"])
    alone = {name: label(desk, "asked", name) for name in ("sales_stage", "pyramid", "lifecycle")}
    assert alone == {"sales_stage": "lead", "pyramid": "not_existing", "lifecycle": "approach"}
    assert label(desk, "gone", "sales_stage") == "current"
    assert label(desk, "gone", "lifecycle") == "first_deal"
    assert label(desk, "gone", "key_groups") == "[]"
