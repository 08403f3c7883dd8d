"""Publishing: a draft is read, approved, published, and what was published is rolled back."""

import html
import re

import pytest

from custrata.service.rules import drafts
from custrata.service.rules.drafts import begin, save
from custrata.service.rules.review import submit
from custrata.service.rules.versions import current, versions
from custrata.service.settings import change_settings

CUTS = "recency_days: {cuts: [60]}"


def text(panel):
    with panel.desk.database.read() as session:
        return current(session).text


def changed(panel, days=30):
    found = text(panel)
    assert CUTS in found
    return found.replace(CUTS, CUTS.replace("60", str(days)))


def drafted(panel, by="editor", days=30, title="Recent is 30 days"):
    return begin(panel.desk.of(by), title, changed(panel, days))


def in_review(panel, **words):
    found = drafted(panel, **words)
    return submit(panel.desk.of(words.get("by", "editor")), found.id, found.revision)


def numbers(panel):
    with panel.desk.database.read() as session:
        return [one.number for one in versions(session)]


def words(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def test_the_reviewer_reads_the_difference_and_who_would_move(panel):
    draft = in_review(panel)
    client = panel.client("publisher")
    assert "Recent is 30 days" in words(client.get("/publishing/"))
    page = words(client.get(f"/publishing/draft/{draft.id}"))
    assert "RFM value: Days since last purchase Bought recently up to 60 → 30 days" in page
    swap = words(client.get(f"/publishing/swap/draft/{draft.id}"))
    assert "Of 120 customers" in swap
    assert re.search(r"RFM value \d+ customers? would move", swap)
    assert "Nobody moves in: Pareto 80/20" in swap


def test_the_difference_is_told_in_the_readers_language(panel):
    draft = in_review(panel, days=1030.5)
    page = words(panel.client("publisher", "vi").get(f"/publishing/draft/{draft.id}"))
    assert "60 → 1.030,5" in page
    assert "Days since last purchase" not in page


def test_two_people_bring_a_draft_into_force(panel):
    change_settings(panel.desk, four_eyes=True)
    draft = in_review(panel, by="publisher")
    given = {"revision": draft.revision, "comment": "seen"}
    own = panel.client("publisher")
    assert "somebody else approves" in own.get(f"/publishing/draft/{draft.id}").text
    refused = own.post(f"/publishing/draft/{draft.id}/approve", given)
    assert refused.status_code == 422
    assert "four eyes are required" in refused.text
    early = panel.client("admin").post(f"/publishing/draft/{draft.id}/publish", given)
    assert (early.status_code, numbers(panel)) == (422, [1])
    other = panel.client("admin")
    assert other.post(f"/publishing/draft/{draft.id}/approve", given).status_code == 302
    assert other.post(f"/publishing/draft/{draft.id}/publish", given).location == "/publishing/"
    assert numbers(panel) == [2, 1]
    page = words(other.get("/publishing/version/2"))
    assert "What it changed in version 1" in page
    assert "up to 60 → 30 days" in page


def test_what_somebody_saved_meanwhile_is_not_approved_unread(panel):
    draft = in_review(panel)
    save(panel.desk.of("editor"), draft.id, changed(panel, 20), draft.revision)
    given = {"revision": draft.revision, "comment": "<b>fine</b>"}
    answer = panel.client("publisher").post(f"/publishing/draft/{draft.id}/approve", given)
    assert answer.status_code == 422
    assert "was saved by editor" in answer.text
    assert "<b>fine" not in answer.text


def test_a_draft_is_sent_back_with_what_is_to_be_done(panel):
    draft = in_review(panel)
    given = {"revision": draft.revision, "comment": "rather 45"}
    panel.client("publisher").post(f"/publishing/draft/{draft.id}/send-back", given)
    page = panel.client("editor").get(f"/publishing/draft/{draft.id}").text
    assert "rather 45" in page
    assert "Hand it in for review" in page


def test_publishing_at_a_time_is_asked_for_and_taken_back(panel):
    draft = in_review(panel)
    client, address = panel.client("publisher"), f"/publishing/draft/{draft.id}"
    given = {"revision": draft.revision, "when": "later"}
    for wrong in ("", "soon", "2026-11-21T11:59"):
        answer = client.post(f"{address}/publish", {**given, "at": wrong})
        assert answer.status_code == 422
    assert client.post(f"{address}/publish", {**given, "at": "2026-12-01T08:00"}).status_code == 302
    assert "Dec 1, 2026 08:00" in client.get(address).text
    assert "to be published at a time" in client.get("/publishing/").text
    assert client.post(f"{address}/unschedule", given).status_code == 302
    assert "Dec 1, 2026" not in client.get(address).text
    assert numbers(panel) == [1]


def test_a_draft_that_was_overtaken_is_brought_up_to_date(panel):
    late = drafted(panel, title="Often is 9", days=60)
    often = text(panel).replace("frequency: {cuts: [4]}", "frequency: {cuts: [9]}")
    late = save(panel.desk.of("editor"), late.id, often, late.revision)
    first = in_review(panel)
    client = panel.client("publisher")
    client.post(f"/publishing/draft/{first.id}/publish", {"revision": first.revision})
    page = client.get(f"/publishing/draft/{late.id}").text
    assert "Another version came into force since" in page
    refused = client.post(f"/publishing/draft/{late.id}/publish", {"revision": late.revision})
    assert (refused.status_code, numbers(panel)) == (422, [2, 1])
    assert "was published by publisher" in refused.text
    assert client.post(f"/publishing/draft/{late.id}/rebase").status_code == 302
    assert "What it changes in version 2" in client.get(f"/publishing/draft/{late.id}").text


def test_a_draft_with_faults_says_them_and_cannot_be_handed_in(panel):
    draft = drafted(panel, days="60, 3")
    client = panel.client("editor")
    page = client.get(f"/publishing/draft/{draft.id}").text
    assert "cannot be published before they are mended" in page
    assert "must rise" in page
    given = {"revision": draft.revision}
    assert client.post(f"/publishing/draft/{draft.id}/submit", given).status_code == 422
    assert client.get(f"/publishing/swap/draft/{draft.id}").status_code == 422


def test_giving_up_asks_first(panel):
    draft = drafted(panel)
    client, address = panel.client("editor"), f"/publishing/draft/{draft.id}/discard"
    assert "Give up the draft" in client.get(address).text
    assert "being written" in client.get("/publishing/").text
    assert client.post(address, {"revision": draft.revision}).status_code == 302
    assert "Nobody is changing the rules" in client.get("/publishing/").text


def test_rolling_back_shows_what_would_change_and_leads_back(panel):
    draft = in_review(panel)
    client = panel.client("publisher")
    client.post(f"/publishing/draft/{draft.id}/publish", {"revision": draft.revision})
    page = words(client.get("/publishing/roll-back/1"))
    assert "up to 30 → 60 days" in page
    assert client.get("/publishing/swap/version/1").status_code == 200
    stale = client.post("/publishing/roll-back/1", {"expected": 1})
    assert (stale.status_code, numbers(panel)) == (422, [2, 1])
    done = client.post("/publishing/roll-back/1", {"expected": 2, "comment": "too few"})
    assert done.location == "/publishing/"
    page = words(client.get("/publishing/"))
    assert "The rules of version 1 are in force again, as version 3." in page
    assert "too few" in page
    assert "nothing to roll back" in client.get("/publishing/roll-back/3").text


def test_any_two_versions_are_compared_and_one_is_fetched(panel):
    draft = in_review(panel)
    client = panel.client("publisher")
    client.post(f"/publishing/draft/{draft.id}/publish", {"revision": draft.revision})
    assert "up to 30 → 60 days" in words(client.get("/publishing/compare?a=2&b=1"))
    assert "the same, to the character" in client.get("/publishing/compare?a=2&b=2").text
    found = client.get("/publishing/version/1.yaml")
    assert CUTS in found.text
    assert "attachment" in found.headers["Content-Disposition"]
    viewer = panel.client("viewer").get("/publishing/version/1")
    assert viewer.status_code == 200
    assert "Roll back" not in viewer.text


@pytest.mark.parametrize(
    "address", ["version/9", "version/0", "draft/9", "compare?a=1&b=7", "swap/version/5"]
)
def test_what_there_is_not_is_said(seen, address):
    answer = seen.client().get(f"/publishing/{address}")
    assert answer.status_code == 404
    assert "There is no" in answer.text or "there is no" in answer.text


def test_names_that_hold_html_stay_text(panel):
    draft = drafted(panel, title="<script>alert(1)</script>")
    for address in ("/publishing/", f"/publishing/draft/{draft.id}"):
        page = panel.client().get(address).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_who_may_draft_goes_on_with_an_open_draft(panel):
    draft, wrong = drafted(panel), drafted(panel, days="60, 3", title="wrong")
    for one in (draft, wrong):
        page = panel.client("editor").get(f"/publishing/draft/{one.id}").text
        assert f'href="/rules/?draft={one.id}"' in page
        assert "Go on with it" in page
    assert "Go on with it" not in panel.client("viewer").get(f"/publishing/draft/{draft.id}").text
    drafts.discard(panel.desk, draft.id, draft.revision)
    assert "Go on with it" not in panel.client("editor").get(f"/publishing/draft/{draft.id}").text


def test_a_faulty_draft_is_told_as_its_editor_tells_it_once_and_in_words(panel):
    draft = drafted(panel, days="'ten'")
    client = panel.client("editor")
    editor = client.get(f"/rules/classifier?name=rfm&draft={draft.id}").text
    told = words(client.post(f"/publishing/draft/{draft.id}/submit", {"revision": 1}))
    beside = html.unescape(re.search(r'data-short="([^"]+)"', editor)[1])
    place = "RFM value: Cut point 1 of Days since last purchase : "
    assert told.count(beside) == 1
    assert place + beside in told
    page = client.get(f"/publishing/draft/{draft.id}").text
    assert f'href="/rules/classifier?name=rfm&amp;draft={draft.id}#bands-0-amount-0"' in page


def test_a_draft_that_is_no_yaml_tells_the_line(panel):
    draft = begin(panel.desk.of("editor"), "broken", "a: [b\n")
    page = words(panel.client("editor").get(f"/publishing/draft/{draft.id}"))
    assert re.search(r"mended: \d+:\d+ ", page)
