"""Histories of stages and owners: past changes, and what they make of the present."""

from __future__ import annotations

from datetime import UTC, datetime

from custrata.store.models import Customer, OwnerChange, StageChange
from tests.service.imports.inbox import counts

HEAD = "customer_id,changed_at,from,to,by\n"


def stages(inbox) -> list:
    return inbox.rows(Customer, "customer_id", "stage")


def test_the_latest_change_is_the_present_stage_in_any_order_of_rows(inbox):
    text = HEAD + "a,2026-03-01,Nóng,Chốt,an\na,2026-01-01,,Mới,an\na,2026-02-01,new,hot,an\n"
    done = inbox.take(text, "stage_changes")
    assert (counts(done), done.counts.created, stages(inbox)) == (
        (3, 0, 0, 0),
        1,
        [("a", "closed")],
    )
    assert inbox.rows(StageChange, "from_stage", "to_stage", "how", "by") == [
        ("hot", "closed", "set", "an"),
        ("new", "hot", "set", "an"),
        (None, "new", "set", "an"),
    ]
    assert counts(inbox.take(text, "stage_changes")) == (0, 0, 3, 0)


def test_of_changes_at_one_time_the_later_row_counts(inbox):
    rows = "a,2026-03-01,,new,an\na,2026-03-01,new,approached,an\na,2026-03-01,approached,hot,an\n"
    inbox.take(HEAD + rows, "stage_changes")
    assert stages(inbox) == [("a", "hot")]


def test_an_older_change_does_not_touch_the_present(inbox):
    inbox.take(HEAD + "a,2026-03-01,,hot,an\n", "stage_changes")
    inbox.take(HEAD + "a,2026-01-01,,new,an\n", "stage_changes")
    inbox.take(HEAD + "a,2027-01-01,,lost,an\n", "stage_changes")
    assert stages(inbox) == [("a", "hot")]


def test_a_change_lifts_what_rules_laid_over_before_it_and_not_what_they_laid_after(inbox):
    for customer, month in (("a", 10), ("b", 2)):
        laid = datetime(2026, month, 1, tzinfo=UTC)
        inbox.add(
            Customer(customer_id=customer, stage="new", overlay="dont_forget", overlay_by="stale"),
            StageChange(
                customer_id=customer,
                changed_at=laid,
                from_stage="new",
                to_stage="dont_forget",
                by="rule:stale",
                how="overlay",
                recorded_at=laid,
            ),
        )
    inbox.take(HEAD + "a,2026-03-01,,hot,an\nb,2026-03-01,,hot,an\n", "stage_changes")
    assert inbox.rows(Customer, "customer_id", "stage", "overlay", "overlay_by") == [
        ("a", "hot", "dont_forget", "stale"),
        ("b", "hot", None, None),
    ]
    assert ("b", "dont_forget", "hot", "an", "import") in inbox.rows(
        StageChange, "customer_id", "from_stage", "to_stage", "by", "why"
    )
    assert inbox.rows(StageChange, "how").count("lift") == 1


def test_a_stage_in_a_file_of_customers_lifts_what_rules_laid_and_says_so(inbox):
    inbox.add(
        Customer(customer_id="a", stage="new", overlay="dont_forget", overlay_by="stale"),
        Customer(customer_id="b", stage="hot", overlay="dont_forget", overlay_by="stale"),
        Customer(customer_id="c", overlay="dont_forget", overlay_by="stale"),
    )
    inbox.take("customer_id,stage\na,hot\nb,hot\nc,hot\n", "customers")
    assert inbox.rows(Customer, "customer_id", "stage", "overlay") == [
        ("a", "hot", None),
        ("b", "hot", "dont_forget"),
        ("c", "hot", None),
    ]
    assert inbox.rows(StageChange, "customer_id", "from_stage", "to_stage", "how") == [
        ("a", "dont_forget", "hot", "lift"),
        ("a", "new", "hot", "set"),
        ("c", "dont_forget", "hot", "lift"),
    ]


def test_automatic_stages_are_no_change_of_a_person_but_may_have_been_left(inbox):
    text = HEAD + "a,2026-03-01,Đừng quên,hot,an\na,2026-02-01,hot,Đừng quên,an\n"
    assert counts(inbox.take(text, "stage_changes")) == (1, 0, 0, 1)
    assert inbox.rows(StageChange, "from_stage", "to_stage") == [("dont_forget", "hot")]


def test_owners_change_alike(inbox):
    text = HEAD + "a,2026-01-01,,an,lead\na,2026-02-01,an,bình,lead\n"
    done = inbox.take(text, "owner_changes")
    assert counts(done) == (2, 0, 0, 0)
    assert inbox.rows(Customer, "customer_id", "owner") == [("a", "bình")]
    assert inbox.rows(OwnerChange, "from_owner", "to_owner") == [("an", "bình"), (None, "an")]
