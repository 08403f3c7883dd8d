"""What to ask: checklists, the notebook, and answering on a customer's page."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from custrata.service.customers.asking import asking
from custrata.service.customers.profile import profile
from custrata.service.registers.notebook import notebook
from custrata.service.registers.questions import checklist, retire_question
from custrata.service.runs import run
from custrata.store.models import LabelNow
from tests.service.customers.firm import named, settle
from tests.service.runs.putting import at, put, sale

WHO, HERE = "KH/1", "/customers/KH%2F1"


@pytest.fixture
def firm(bare):
    """One customer in a quiet spell."""
    settle(bare.desk, named(WHO, "An", stage="closed", owner="an", created_at=at("2026-01-05")))
    put(bare.desk, *(sale(WHO, f"2026-{month:02}-15", 100) for month in (1, 2, 3)))
    run(bare.desk, as_of=date(2026, 11, 21))
    with bare.desk.database.read() as session:
        assert session.get(LabelNow, ("lifecycle", WHO)).label == "quiet"
    return bare


def asked(panel, phase="quiet"):
    with panel.desk.database.read() as session:
        return [one.code for one in checklist(session, phase)]


def test_a_viewer_sees_checklists_and_how_far_they_are_answered(seen):
    page = seen.client("viewer").get("/questions/").text
    assert "How did they hear of us?" in page
    assert re.search(r"\d+ customers? in this phase · [\d.]+% of their answers are known", page)
    assert "Ask no longer" not in page
    assert "Vì sao dạo này im ắng?" in seen.client("viewer", "vi").get("/questions/").text


def test_a_question_is_added_moved_retired_brought_back_and_deleted(firm):
    client = firm.client("publisher")
    typed = {"phase": "quiet", "name-en": "What would bring you back?", "code": ""}
    assert client.post("/questions/add", typed).location == "/questions/#quiet"
    code = "what-would-bring-you-back"
    client.post("/questions/move", {"code": code, "way": "up"})
    assert asked(firm)[2] == code
    client.post(f"/questions/edit/{code}", {"phase": "ended", "name-vi": "Điều gì?"})
    assert asked(firm, "ended")[-1] == code
    assert "Điều gì?" in client.get(f"/questions/edit/{code}").text
    client.post("/questions/retire", {"code": code})
    assert code not in asked(firm, "ended")
    assert "1 question is asked no longer" in client.get("/questions/").text
    client.post("/questions/bring-back", {"code": code})
    assert asked(firm, "ended")[-1] == code
    assert "Delete the question Điều gì?" in client.get(f"/questions/edit/{code}/delete").text
    client.post(f"/questions/edit/{code}/delete")
    assert code not in asked(firm, "ended")


def test_a_question_with_answers_stays(firm):
    firm.client("editor").post(
        "/customer/answer", {"customer": WHO, "question": "why_quiet", "answer": "moved"}
    )
    answer = firm.client("publisher").post("/questions/edit/why_quiet/delete")
    assert answer.status_code == 409
    assert "has answers" in answer.text
    assert "Ask it no longer instead" in answer.text
    assert "why_quiet" in asked(firm)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"phase": "quiet"}, "no name"),
        ({"phase": "nope", "name-en": "Why?"}, "no phase"),
        ({"phase": "quiet", "name-en": "Why <b>?", "code": "why_quiet"}, "Why &lt;b&gt;?"),
        ({"phase": "quiet", "name-en": "x" * 256}, "256 characters"),
    ],
)
def test_what_cannot_be_a_question_is_told_and_stays_typed(firm, data, told):
    before = asked(firm)
    answer = firm.client("publisher").post("/questions/add", data)
    assert (answer.status_code, asked(firm)) == (422, before)
    assert told in answer.text


def test_who_may_not_change_registers_does_not(firm):
    client = firm.client("editor")
    assert client.get("/questions/add").status_code == 403
    assert client.post("/questions/retire", {"code": "why_quiet"}).status_code == 403
    assert "why_quiet" in asked(firm)


# --- the notebook -------------------------------------------------------------------------


def test_the_made_up_firm_has_a_notebook(seen):
    page = seen.client("viewer").get("/questions/notebook").text
    assert "Thích biết nguồn gốc" in page
    assert "<textarea" not in page


def test_two_who_write_the_same_page_lose_nothing(firm):
    client = firm.client("editor")
    page = client.get("/questions/notebook").text
    seen = re.search(r'value="demographics"><input [^>]*name="seen" value="(\w+)"', page)[1]
    first = {"topic": "demographics", "text": "Cafés", "seen": seen}
    assert client.post("/questions/notebook", first).status_code == 302
    late = client.post("/questions/notebook", {**first, "text": "Tea <rooms>"})
    assert late.status_code == 422
    for told in ("changed meanwhile by editor", "Cafés", "Tea &lt;rooms&gt;"):
        assert told in late.text
    with firm.desk.database.read() as session:
        assert notebook(session)["demographics"].text == "Cafés"
    assert client.post("/questions/notebook", {"topic": "weather"}).status_code == 422
    answer = firm.client("viewer").post("/questions/notebook", first)
    assert answer.status_code == 403


# --- on the page of a customer ------------------------------------------------------------


def test_the_page_asks_next_in_the_readers_language(firm):
    page = firm.client("editor").get(HERE).text
    assert "Ask next" in page
    assert "0 of 3 known" in page
    assert page.index("Why did they become quiet?") < page.index("What did they like all along?")
    assert "Vì sao dạo này im ắng?" in firm.client("editor", "vi").get(HERE).text
    viewer = firm.client("viewer").get(HERE).text
    assert "Why did they become quiet?" in viewer
    assert 'action="/customer/answer"' not in viewer


def test_answers_tell_who_asked_and_what_is_asked_no_longer(firm):
    client = firm.client("editor")
    data = {"customer": WHO, "question": "why_quiet", "answer": "<i>moved</i>"}
    assert client.post("/customer/answer", data).location == HERE
    retire_question(firm.desk, "why_quiet")
    page = client.get(f"{HERE}?tab=answers").text
    for told in ("Why did they become quiet?", "asked no longer", "&lt;i&gt;moved", "editor"):
        assert told in page
    assert "0 of 2 known" in page
    for code in asked(firm):
        retire_question(firm.desk, code)
    assert "Nothing is asked in this phase." in client.get(HERE).text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"question": "how_quiet", "answer": "x"}, "no question"),
        ({"question": "why_quiet", "answer": " "}, "nswer is empty"),
        ({"question": "why_quiet", "answer": "x" * 2_001}, "up to 2,000"),
        ({"question": "disliked_all_along", "answer": "x"}, "asked no longer"),
    ],
)
def test_what_cannot_be_an_answer_is_told_and_nothing_is_kept(firm, data, told):
    retire_question(firm.desk, "disliked_all_along")
    answer = firm.client("editor").post("/customer/answer", {"customer": WHO} | data)
    assert answer.status_code == 422
    assert told in answer.text
    with firm.desk.database.read() as session:
        assert profile(session, WHO).answers == ()


def test_before_the_first_run_no_phase_is_known(bare):
    settle(bare.desk, named("a", "An"))
    page = bare.client("editor").get("/customers/a").text
    assert "is not known yet: it comes with the next run" in page


def test_in_a_browser_an_answer_moves_on_what_is_asked_next(browser, panel):
    with panel.desk.database.read() as session:
        quiet = select(LabelNow.customer_id).where(
            LabelNow.classifier == "lifecycle", LabelNow.label == "ended"
        )
        who = session.scalars(quiet.limit(1)).one()
    browser.sign_in("editor")
    browser.open(f"/customers/{who}")
    browser.sees("0 of 4 known")
    field = browser.find("#ask input[name='answer']")
    assert field.accessible_name == "What went wrong?"
    field.send_keys("the price")
    browser.press("Record the answer: What went wrong?")
    browser.sees("1 of 4 known")
    assert browser.find("#ask .asking-question").text == "Which needs do we no longer meet?"
    browser.open(f"/customers/{who}?tab=answers")
    browser.sees("the price")
    with panel.desk.database.read() as session:
        given = asking(session, who).checklist[0].answer
    assert (given.answer, given.by) == ("the price", "editor")
