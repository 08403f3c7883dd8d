"""Feedback: what is open, who sees to it, and how it is closed."""

import pytest
from sqlalchemy import select

from custrata.store.models import Feedback
from tests.service.customers.firm import named, settle
from tests.service.runs.putting import at, fresh, put

WHO, HERE = "KH/1", "/customers/KH%2F1"


@pytest.fixture
def firm(bare):
    settle(bare.desk, named(WHO, "An <b>", owner="viewer"))
    put(
        bare.desk,
        case("late <i>", "complaint", "2026-11-01", owner="editor"),
        case("loose", "complaint", "2026-12-01"),
        case("tasty", "praise", None, owner="viewer"),
        case("done", "complaint", "2026-11-01", owner="editor", state="resolved"),
    )
    return bare


def case(text, kind, due, state="open", **more):
    return Feedback(
        customer_id=WHO,
        text=text,
        kind=kind,
        state=state,
        opened_at=at("2026-10-20"),
        due_at=due and at(due),
        **more,
        **fresh(),
    )


def rows(panel):
    with panel.desk.database.read() as session:
        return {one.text: one for one in session.scalars(select(Feedback))}


def address(panel, text):
    return f"/feedback/{rows(panel)[text].id}"


def form(panel, text, **typed):
    """What the page's form sends where only `typed` was changed."""
    row = rows(panel)[text]
    due = row.due_at.astimezone(at("2026-11-21").tzinfo).strftime("%Y-%m-%dT%H:%M")
    return {"owner": row.owner or "", "due": due, "state": row.state, "done": "", **typed}


def test_what_nobody_sees_to_stands_before_what_is_overdue(firm):
    page = firm.client("viewer").get("/feedback/").text
    assert page.index("loose") < page.index("late &lt;i&gt;") < page.index("tasty")
    assert page.count("overdue</span>") == 1
    assert "done" not in page.partition("<main")[2].replace("What was done", "")
    assert "I see to it" not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("whose=mine", {"late"}),
        ("whose=nobody", {"loose"}),
        ("kind=praise", {"tasty"}),
        ("overdue=1", {"late"}),
        ("whose=mine&kind=praise", set()),
        ("whose=who&kind=what&overdue=maybe", {"late", "loose", "tasty"}),
        ("after=999999", {"late", "tasty"}),
    ],
)
def test_filters(firm, query, shown):
    page = firm.client("editor").get(f"/feedback/?{query}").text
    assert {
        one for one in ("late", "loose", "tasty") if f"{one}<" in page or f"{one} &" in page
    } == shown


def test_a_long_list_goes_on_page_after_page(bare):
    settle(bare.desk, named(WHO, "An"))
    put(
        bare.desk, *(case(f"no-{one:03}.", "ticket", "2026-11-01", owner="an") for one in range(60))
    )
    client = bare.client("viewer")
    page = client.get("/feedback/").text
    assert "no-049." in page
    assert "no-050." not in page
    following = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    page = client.get(following).text
    assert "no-050." in page
    assert "no-059." in page
    assert "no-049." not in page
    assert 'rel="next"' not in page


def test_it_is_taken_brought_on_and_closed_with_a_word(firm):
    client = firm.client("editor")
    here = address(firm, "loose")
    client.post(f"{here}/take")
    assert rows(firm)["loose"].owner == "editor"
    late = firm.client("admin").post(f"{here}/take")
    assert (late.status_code, "sees to" in late.text) == (422, True)
    assert rows(firm)["loose"].owner == "editor"
    refused = client.post(here, form(firm, "loose", state="resolved", owner="chi"))
    assert refused.status_code == 422
    assert "without saying what was done" in refused.text
    assert 'value="chi"' in refused.text
    assert rows(firm)["loose"].state == "open"
    data = form(firm, "loose", state="resolved", done="Sent a new box", due="2026-12-24T09:30")
    assert client.post(here, data).location == here
    page = client.get(here).text
    for told in ("Sent a new box", "open → <strong>settled", "nobody → <strong>editor", "9:30"):
        assert told in page, told
    assert "loose" not in client.get("/feedback/").text


def test_a_due_time_that_is_left_alone_keeps_its_seconds(firm):
    with firm.desk.database.write() as session:
        row = session.scalars(select(Feedback).where(Feedback.text == "loose")).one()
        row.due_at = before = row.due_at.replace(second=17)
    firm.client("editor").post(address(firm, "loose"), form(firm, "loose", owner="an"))
    assert (rows(firm)["loose"].due_at, rows(firm)["loose"].owner) == (before, "an")


def test_what_cannot_be_is_told(firm):
    client, here = firm.client("editor"), address(firm, "loose")
    faults = {
        "no date": {"due": "soon"},
        "no state": {"state": "gone"},
        "up to 255": {"owner": "x" * 256},
        "changed meanwhile": {"seen": "0"},
    }
    for told, typed in faults.items():
        answer = client.post(here, form(firm, "loose", **typed))
        assert (answer.status_code, told in answer.text) == (422, True), told
    assert client.get("/feedback/999999").status_code == 404
    assert client.post("/feedback/999999", {}).status_code == 404
    assert firm.client("viewer").post(here, {}).status_code == 403
    assert firm.client("viewer").post(f"{here}/take").status_code == 403


def test_feedback_is_recorded_on_the_page_of_a_customer(firm):
    client = firm.client("editor")
    data = {"customer": WHO, "kind": "return", "said": "Too bitter", "sees_to": "chi", "due": ""}
    assert client.post("/customer/feedback", data).location == HERE
    row = rows(firm)["Too bitter"]
    assert (row.kind, row.state, row.owner, row.due_at) == ("return", "open", "chi", None)
    page = client.get(f"{HERE}?tab=feedback").text
    assert f'href="/feedback/{row.id}"' in page
    assert "overdue</span>" in page
    wrong = client.post("/customer/feedback", {**data, "kind": "rant", "said": "keep <me>"})
    assert wrong.status_code == 422
    assert "keep &lt;me&gt;" in wrong.text
    assert client.post("/customer/feedback", {**data, "said": " "}).status_code == 422
    assert len(rows(firm)) == 5


def test_the_first_page_tells_what_is_open(seen, panel):
    page = seen.client("viewer").get("/").text
    assert "Open complaints" in page
    with panel.desk.database.write() as session:
        who = session.scalars(select(Feedback.customer_id).limit(1)).one()
        for row in session.scalars(select(Feedback)):
            row.state = "resolved"
        session.add_all(_loose(who))
    page = panel.client("viewer").get("/").text.replace("\n", " ")
    assert "<strong>3</strong> open" in page
    assert "<strong>2</strong> overdue" in page
    assert "<strong>1</strong> nobody sees to" in page


def _loose(who):
    made = [
        case("x", "complaint", "2026-11-01", owner="an"),
        case("y", "complaint", "2026-11-01"),
        case("z", "complaint", "2026-12-01", owner="an"),
        case("t", "ticket", "2026-11-01"),
    ]
    for one in made:
        one.customer_id = who
    return made


def test_in_a_browser_from_open_to_resolved(browser, panel):
    with panel.desk.database.read() as session:
        who = session.scalars(select(Feedback.customer_id).limit(1)).one()
    browser.sign_in("editor")
    browser.open(f"/customers/{who}")
    browser.press("Record feedback")
    browser.fill("said", "The tea was damp")
    browser.fill("sees_to", "")
    browser.press("Record the feedback")
    browser.sees("The feedback is recorded.")
    browser.open("/feedback/?whose=nobody")
    browser.sees("The tea was damp")
    browser.press("I see to it")
    browser.sees("You see to this feedback now.")
    browser.run("document.querySelector('[name=state]').value = 'resolved'")
    browser.press("Save")
    browser.sees("without saying what was done")
    browser.fill("done", "Sent another box")
    browser.press("Save")
    browser.sees("The feedback was changed.")
    browser.sees("open → settled")
    browser.allowed.append("422")
    found = rows(panel)["The tea was damp"]
    assert (found.state, found.owner) == ("resolved", "editor")
    assert found.done == "[2026-11-21 editor] Sent another box"
