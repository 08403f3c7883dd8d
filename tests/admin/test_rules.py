"""The rules are tuned on pages: tried out while typed, kept as drafts, nobody's work lost."""

import html
import io
import re
from html.parser import HTMLParser

import polars as pl
import pytest

from custrata.service.registers.treatments import treatments
from custrata.service.rules import drafts
from custrata.service.rules.publish import export_text, import_text
from custrata.service.runs.population import population


class Fields(HTMLParser):
    """What a browser would send of one form."""

    def __init__(self, page, form):
        super().__init__()
        self.form, self.inside, self.sent = form, False, []
        self.select = self.area = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("action") == self.form
        if not self.inside:
            return
        if tag == "input" and given.get("name") and given.get("type") != "file":
            self.sent.append((given["name"], given.get("value", "")))
        if tag == "select":
            self.select = [given.get("name"), None]
        if tag == "option" and self.select is not None:
            value = given.get("value")
            if "selected" in given or self.select[1] is None:
                self.select[1] = value
                self.option = value is None
        if tag == "textarea":
            self.area = [given.get("name"), ""]

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data
        elif self.select is not None and self.select[1] is None:
            self.select[1] = data

    def handle_endtag(self, tag):
        if tag == "select" and self.select is not None:
            if self.inside:
                self.sent.append(tuple(self.select))
            self.select = None
        if tag == "textarea" and self.area is not None:
            name, text = self.area
            if self.inside and name:
                self.sent.append((name, text.removeprefix("\n")))
            self.area = None
        if tag == "form":
            self.inside = False


def form_of(page, action="/rules/save"):
    """The fields of a page's form, in order, as many values to a name as there are."""
    found = {}
    for name, value in Fields(page, action).sent:
        found.setdefault(name, []).append(value)
    assert found, "the page has no such form"
    found.pop("csrf_token", None)
    return found


def opened(client, name="rfm", **more):
    answer = client.get("/rules/classifier", query_string={"name": name, **more})
    assert answer.status_code == 200, answer.text
    return form_of(answer.text)


def last_draft(panel):
    with panel.desk.database.read() as session:
        return drafts.drafts(session)[0]


def in_force(panel):
    with panel.desk.database.read() as session:
        return export_text(session)


def test_the_list_shows_every_classifier_with_its_size(seen):
    page = seen.client("viewer").get("/rules/").text
    for name in ("RFM value", "Pareto 80/20", "Loyalty ladder", "Contact reminder"):
        assert name in page
    assert "As published" in page
    assert "A blank table" not in page


def test_names_are_the_readers_own(seen):
    assert "Giá trị khách hàng (RFM)" in seen.client("viewer", "vi").get("/rules/").text
    page = seen.client("viewer", "zh_Hant").get("/rules/classifier?name=rfm").text
    assert "重要" in page


def test_a_viewer_sees_the_page_and_can_change_nothing(seen):
    viewer = seen.client("viewer")
    page = viewer.get("/rules/classifier?name=rfm").text
    assert '<fieldset id="editor" class="rules-editor" disabled>' in page
    assert "Save draft" not in page
    fields = opened(seen.client("editor"))
    for address in ("save", "live", "step", "movers", "movers-file", "text-save", "add"):
        assert viewer.post(f"/rules/{address}", fields).status_code == 403


def test_a_page_sent_back_unchanged_changes_nothing(panel):
    editor = panel.client("editor")
    for name in ("rfm", "pareto", "loyalty", "stale_contact"):
        answer = editor.post("/rules/save", opened(editor, name), follow_redirects=True)
        assert "Nothing is different" in answer.text
    with panel.desk.database.read() as session:
        assert drafts.drafts(session) == ()


def test_typing_shows_who_would_move_and_saves_nothing(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.amount": ["45"]}
    part = editor.part("/rules/live", fields).text
    found = population(panel.desk)
    assert f"of {found.customers} customers would get another label" in part
    moved = int(re.search(r'rules-moved">\s*<strong>(\d+)', part)[1])
    assert moved > 0
    assert 'id="map-0" hx-swap-oob="true"' in part
    with panel.desk.database.read() as session:
        assert drafts.drafts(session) == ()


def test_a_change_is_kept_as_a_draft_with_only_that_change(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.amount": ["45"], "title": ["sooner"]}
    page = editor.post("/rules/save", fields, follow_redirects=True).text
    draft = last_draft(panel)
    assert (draft.title, draft.created_by) == ("sooner", "editor")
    assert draft.text == in_force(panel).replace("{cuts: [60]}", "{cuts: [45]}")
    assert "Draft, revision 1" in page
    assert "Changed in “sooner”" in editor.get("/rules/").text


def test_shares_are_typed_as_per_cent(panel):
    editor = panel.client("editor")
    fields = opened(editor)
    assert fields["bands.2.amount"] == ["80"]
    editor.post("/rules/save", fields | {"bands.2.amount": ["75.5"]})
    assert "{quantile: 0.755}" in last_draft(panel).text


def test_a_draft_that_does_not_compile_tells_where_and_is_kept_all_the_same(panel):
    editor = panel.client("editor")
    fields = opened(editor)
    fields["row.0.cell"] = ["hihg", "high", "high"]
    answer = editor.part("/rules/live", fields)
    assert answer.headers["HX-Reswap"] == "none"
    assert 'data-field="row-0-cell-0"' in answer.text
    assert "Did you mean high?" in answer.text
    page = editor.post("/rules/save", fields, follow_redirects=True).text
    assert "The draft is not right yet" in page
    assert 'value="hihg"' in page
    draft = last_draft(panel)
    refused = editor.post(f"/publishing/draft/{draft.id}/submit", {"revision": 1})
    assert refused.status_code != 302
    assert last_draft(panel).state == "editing"


@pytest.mark.parametrize(
    ("step", "rows"),
    [
        ("add:", ["0", "1", "2", "3", "4", "5", "6", "7", "n1"]),
        ("copy:0", ["0", "n1", "1", "2", "3", "4", "5", "6", "7"]),
        ("delete:3", ["0", "1", "2", "4", "5", "6", "7"]),
        ("down:0", ["1", "0", "2", "3", "4", "5", "6", "7"]),
        ("up:0", ["0", "1", "2", "3", "4", "5", "6", "7"]),
    ],
)
def test_rows_come_go_and_move_without_being_saved(seen, step, rows):
    editor = seen.client("editor")
    answer = editor.post("/rules/step", opened(editor) | {"step": [step]})
    assert form_of(answer.text)["row"] == rows
    part = editor.part("/rules/step", opened(editor) | {"step": [step]})
    assert part.headers["HX-Trigger-After-Settle"] == "rules:changed"
    assert part.text.lstrip().startswith("<fieldset")


def test_bands_and_columns_come_and_go(seen):
    editor = seen.client("editor")
    more = form_of(editor.post("/rules/step", opened(editor) | {"step": ["band:frequency"]}).text)
    assert more["bands.1.name"] == ["low", "high", "band_1"]
    fewer = editor.post("/rules/step", more | {"step": ["unband:frequency:2"]}).text
    assert form_of(fewer)["bands.1.name"] == ["low", "high"]
    adding = opened(editor) | {"step": ["cut:"], "new_column": ["days_since_contact"]}
    assert form_of(editor.post("/rules/step", adding).text)["column"][-1] == "days_since_contact"
    assert editor.post("/rules/step", opened(editor) | {"step": ["nonsense:"]}).status_code == 400
    assert editor.post("/rules/step", opened(editor) | {"step": ["copy:99"]}).status_code == 400


def test_a_renamed_band_is_renamed_in_the_table(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.name": ["fresh", "low"]}
    editor.post("/rules/save", fields)
    text = last_draft(panel).text
    assert "names: [fresh, low]" in text
    assert "{recency_days: fresh, frequency: high, monetary: high" in text


def test_how_many_can_we_call_a_week(seen):
    editor = seen.client("editor")
    fields = opened(editor) | {"find": ["0"], "bands.0.most": ["10"], "bands.0.side": ["largest"]}
    told = editor.part("/rules/enough", fields).text
    count = int(re.search(r"takes in (\d+) customers?", told)[1])
    assert 0 < count <= 10
    assert 'data-take="bands-0-amount-0"' in told


def test_two_editors_on_one_draft_lose_nothing(panel):
    editor, publisher = panel.client("editor"), panel.client("publisher")
    editor.post("/rules/save", opened(editor) | {"bands.0.amount": ["50"], "title": ["ours"]})
    draft = last_draft(panel).id
    first = opened(editor, draft=draft) | {"bands.0.amount": ["45"]}
    second = opened(publisher, "pareto", draft=draft) | {"bands.0.amount": ["70"]}
    third = opened(publisher, draft=draft) | {"bands.0.amount": ["30"]}
    assert editor.post("/rules/save", first).status_code == 302
    answer = publisher.post("/rules/save", second)
    assert answer.status_code == 409
    assert "editor saved revision 2" in answer.text
    assert "50 → 45 days" in html.unescape(answer.text)
    both = form_of(answer.text, "/rules/text-save")
    assert publisher.post("/rules/text-save", {k: v[0] for k, v in both.items()}).status_code == 302
    text = last_draft(panel).text
    assert "cuts: [45]" in text
    assert "top_share: 0.7" in text
    clash = publisher.post("/rules/save", third)
    assert clash.status_code == 409
    assert "Both touch the same part" in clash.text
    assert "cuts: [30]" in html.unescape(clash.text)
    assert last_draft(panel).text == text


def test_who_moves_is_listed_and_downloaded_without_formulas(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.amount": ["45"]}
    rows = editor.part("/rules/movers", fields).text
    assert "→" in rows
    first = re.search(r'href="/customers/([^"]+)"', rows)[1]
    from custrata.store.models import Customer

    with panel.desk.database.write() as session:
        session.get_one(Customer, first).name = '=HYPERLINK("http://x")'
    answer = panel.client().post("/rules/movers-file", fields | {"ending": ["csv"]})
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.data.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert not re.search(r"(^|,)\"?[=+@-][A-Z]", text, re.MULTILINE)
    sheet = panel.client().post("/rules/movers-file", fields | {"ending": ["xlsx"]}).data
    assert pl.read_excel(io.BytesIO(sheet)).height == text.count("\r\n") - 1


@pytest.mark.parametrize("kind", ["number", "quantile", "deviation"])
@pytest.mark.parametrize("typed", ["NaN", "sNaN", "-Infinity", "1e999999999", "1e999", "9" * 390])
def test_a_cut_point_that_no_number_can_be_is_told(panel, kind, typed):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.kind": [kind], "bands.0.amount": [typed], "find": ["0"]}
    for address in ("live", "enough", "step"):
        answer = editor.part(f"/rules/{address}", fields | {"step": ["band:recency_days"]})
        assert answer.status_code == 200, address
    editor.post("/rules/save", fields)
    opened(editor, draft=last_draft(panel).id)


def test_a_cut_point_of_many_digits_stays_exact(panel):
    editor = panel.client("editor")
    many = "30." + "1" * 40
    editor.post("/rules/save", opened(editor) | {"bands.0.amount": [many]})
    assert f"cuts: [{many}]" in last_draft(panel).text


def test_the_text_is_the_same_draft(panel):
    editor = panel.client("editor")
    fields = form_of(editor.get("/rules/text").text, "/rules/text-save")
    assert fields["text"] == fields["base"] == [in_force(panel)]
    wrong = fields | {"text": [in_force(panel).replace("[60]", "[x]")]}
    assert "a cut point cannot be" in html.unescape(editor.part("/rules/text-check", wrong).text)
    right = fields | {"text": [in_force(panel).replace("[60]", "[45]").replace("\n", "\r\n")]}
    assert "60 → 45 days" in html.unescape(editor.part("/rules/text-check", right).text)
    editor.post("/rules/text-save", right)
    assert opened(editor, draft=last_draft(panel).id)["bands.0.amount"] == ["45"]


def test_text_that_is_no_yaml_is_mended_on_the_page_of_the_text(panel):
    editor = panel.client("editor")
    fields = form_of(editor.get("/rules/text").text, "/rules/text-save")
    editor.post("/rules/text-save", fields | {"text": ["a: [b\n"], "title": ["broken"]})
    draft = last_draft(panel).id
    for address in ("/rules/", "/rules/classifier?name=rfm&", "/rules/labels?name=rfm&"):
        answer = editor.get(address + ("?" if address.endswith("/") else "") + f"draft={draft}")
        assert answer.location.startswith("/rules/text"), address
    assert editor.get(f"/rules/text?draft={draft}").status_code == 200


def test_a_table_goes_out_and_comes_back_with_its_changes_shown(panel):
    editor = panel.client("editor")
    sheet = editor.get("/rules/sheet?name=rfm").data
    frame = pl.read_excel(io.BytesIO(sheet), infer_schema_length=0)
    changed = frame.with_columns(label=pl.col("label").replace("general_keep", "general_retain"))
    out = io.BytesIO()
    changed.write_excel(out)
    page = editor.get("/rules/classifier?name=rfm").text
    fields = form_of(page, "/rules/sheet-in")
    upload = {
        **{k: v[0] for k, v in fields.items()},
        "file": (io.BytesIO(out.getvalue()), "t.xlsx"),
    }
    shown = editor.post("/rules/sheet-in", upload, content_type="multipart/form-data")
    assert "row 6: label" in html.unescape(shown.text)
    with panel.desk.database.read() as session:
        assert drafts.drafts(session) == ()
    take = form_of(shown.text, "/rules/sheet-take")
    assert editor.post("/rules/sheet-take", take).status_code == 302
    assert "general_keep" not in last_draft(panel).text.split("table:")[1].split("otherwise")[0]
    bad = {**{k: v[0] for k, v in fields.items()}, "file": (io.BytesIO(b"no"), "t.xlsx")}
    refused = editor.post("/rules/sheet-in", bad, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "Nothing was changed" in refused.text


def test_label_names_and_effects_are_kept_in_the_draft(panel):
    editor = panel.client("editor")
    page = editor.get("/rules/labels?name=stale_contact").text
    fields = form_of(page, "/rules/labels-save")
    assert "set_stage: dont_forget" in fields["enter.1"] + fields.get("enter.0", [])
    number = fields["label"].index("dont_forget")
    editor.post("/rules/labels-save", fields | {f"name.{number}.vi": ["Gọi ngay <b>"]})
    draft = last_draft(panel)
    assert "Gọi ngay <b>" in draft.text
    shown = editor.get(f"/rules/labels?name=stale_contact&draft={draft.id}").text
    assert "<b>" not in shown.replace("&lt;b&gt;", "")


def test_treatments_hold_at_once_and_need_a_publisher(panel):
    given = {"classifier": "rfm", "label": "important_value", "offer": "tea", "points": "10"}
    assert panel.client("editor").post("/rules/treatment", given).status_code == 403
    publisher = panel.client("publisher")
    publisher.post("/rules/treatment", given)
    with panel.desk.database.read() as session:
        assert ("important_value", "tea", 10) in [
            (one.label, one.offer, one.points) for one in treatments(session)
        ]
    wrong = publisher.post("/rules/treatment", given | {"points": "-1"}, follow_redirects=True)
    assert "points" in wrong.text.lower()
    publisher.post("/rules/treatment", given | {"offer": "", "points": ""})
    with panel.desk.database.read() as session:
        assert "important_value" not in [one.label for one in treatments(session)]


def test_classifiers_come_and_go_in_drafts(panel):
    editor = panel.client("editor")
    fields = form_of(editor.get("/rules/").text, "/rules/add")
    fields.pop("plugin", None)  # of the form beside it, where a plugin is free
    page = editor.post("/rules/add", fields | {"name": ["mine"]}, follow_redirects=True).text
    assert "Draft, revision 1" in page
    draft = last_draft(panel).id
    asking = editor.get(f"/rules/remove?name=mine&draft={draft}").text
    assert "Remove mine from the rules?" in asking
    editor.post("/rules/remove-now", form_of(asking, "/rules/remove-now"))
    assert last_draft(panel).text == in_force(panel)
    taken = editor.post("/rules/add", fields | {"name": ["rfm"]}, follow_redirects=True).text
    assert "needs a name of its own" in taken


def test_a_draft_that_was_given_up_meanwhile_is_kept_as_a_new_one(panel):
    editor = panel.client("editor")
    editor.post("/rules/save", opened(editor) | {"bands.0.amount": ["45"], "title": ["sooner"]})
    draft = last_draft(panel)
    page = editor.get(f"/rules/?draft={draft.id}").text
    assert f'action="/publishing/draft/{draft.id}/submit"' in page
    fields = opened(editor, draft=draft.id) | {"bands.0.amount": ["30"]}
    drafts.discard(panel.desk, draft.id, draft.revision)
    late = editor.post("/rules/save", fields)
    assert late.status_code == 409
    assert "This draft is closed" in late.text
    editor.post("/rules/text-save", form_of(late.text, "/rules/text-save"))
    assert "cuts: [30]" in last_draft(panel).text
    assert last_draft(panel).id != draft.id


def test_rules_that_came_into_force_meanwhile_are_not_taken_back(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.amount": ["45"]}
    other = in_force(panel).replace(
        "days_since_touch: {cuts: [30]}", "days_since_touch: {cuts: [9]}"
    )
    import_text(panel.desk, other, None, None)
    editor.post("/rules/save", fields)
    draft = last_draft(panel)
    assert (draft.base, draft.overtaken) == (1, True)
    assert "Other rules came into force since" in editor.get(f"/rules/?draft={draft.id}").text
    assert "cuts: [9]" in drafts.rebase(panel.desk, draft.id).text


def test_what_is_stored_is_never_run(panel):
    editor = panel.client("editor")
    evil = "<img src=x onerror=alert(1)>"
    fields = form_of(editor.get("/rules/").text, "/rules/add")
    fields.pop("plugin", None)
    pages = [editor.post("/rules/add", fields | {"name": [evil]}, follow_redirects=True).text]
    draft = last_draft(panel).id
    typed = opened(editor, evil, draft=draft)
    typed |= {"row.0.label": [evil], "bands.0.name": [evil, "b"], "otherwise": ['"><script>']}
    pages.append(editor.post("/rules/save", typed, follow_redirects=True).text)
    pages.append(editor.part("/rules/live", opened(editor, evil, draft=draft)).text)
    pages += [
        editor.get(address, query_string={"name": evil, "draft": draft}).text
        for address in ("/rules/", "/rules/labels", "/rules/text", "/rules/remove")
    ]
    assert [page for page in pages if "<img src=x" in page or "<script>" in page] == []
    assert (
        editor.get("/rules/sheet", query_string={"name": evil, "draft": draft}).status_code == 200
    )


@pytest.mark.parametrize(
    "address",
    [
        "/rules/classifier?name=none",
        "/rules/classifier",
        "/rules/?draft=99",
        "/rules/classifier?name=rfm&draft=99",
        "/rules/sheet?name=none",
    ],
)
def test_addresses_that_are_made_up_are_told(seen, address):
    assert seen.client("editor").get(address).status_code == 404


def test_a_form_without_what_it_was_begun_from_is_refused(seen):
    assert seen.client("editor").post("/rules/live", {"classifier": "rfm"}).status_code == 400


def test_before_the_first_run_the_page_says_so(bare):
    editor = bare.client("editor")
    page = editor.get("/rules/classifier?name=rfm").text
    assert "comes with the first run" in page
    fields = form_of(page) | {"bands.0.amount": ["45"]}
    assert "no run has landed yet" in editor.part("/rules/live", fields).text.lower()
    assert editor.post("/rules/save", fields).status_code == 302


def test_many_customers_are_read_after_the_page_is_there(panel, monkeypatch):
    monkeypatch.setattr("custrata.service.runs.population._MANY", 0)
    editor = panel.client("editor")
    page = editor.get("/rules/classifier?name=rfm").text
    assert "Reading the customers" in page
    assert "data-handle" not in page
    address = html.unescape(re.search(r'hx-get="(/rules/classifier[^"]+)"', page)[1])
    assert "data-handle" in editor.get(address).text
    assert "data-handle" in editor.get("/rules/classifier?name=rfm").text


def test_the_title_that_is_proposed_tells_how_many_changes_there_are(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"bands.0.amount": ["45"], "bands.1.amount": ["9"]}
    editor.post("/rules/save", fields)
    title = last_draft(panel).title
    assert "60 → 45" in title
    assert title.endswith(" and 1 more change")


def test_a_draft_gets_another_title_with_a_save_or_without_a_change(panel):
    editor = panel.client("editor")
    editor.post("/rules/save", opened(editor) | {"bands.0.amount": ["45"], "title": ["first"]})
    number = last_draft(panel).id
    assert opened(editor, draft=number)["title"] == ["first"]
    again = {"bands.0.amount": ["40"], "title": ["second"]}
    editor.post("/rules/save", opened(editor, draft=number) | again)
    assert (last_draft(panel).title, last_draft(panel).revision) == ("second", 2)
    editor.post("/rules/save", opened(editor, draft=number) | {"title": ["third <b>"]})
    assert (last_draft(panel).title, last_draft(panel).revision) == ("third <b>", 2)
    same = editor.post("/rules/save", opened(editor, draft=number), follow_redirects=True).text
    assert "Nothing is different" in same
    assert "third <b>" not in same


def test_the_note_of_older_figures_stands_only_with_figures(panel):
    editor = panel.client("editor")
    told = "What you see below is of the last draft"
    fields = opened(editor)
    assert told in editor.get("/rules/classifier?name=rfm").text
    assert told in editor.part("/rules/live", fields | {"bands.0.amount": ["45"]}).text
    editor.post("/rules/save", fields | {"bands.0.amount": [""]})
    page = editor.get(f"/rules/classifier?name=rfm&draft={last_draft(panel).id}").text
    assert "The draft is not right yet" in page
    assert told not in page


def test_a_note_may_be_typed_over_several_lines_and_is_kept_as_one(panel):
    editor = panel.client("editor")
    fields = opened(editor) | {"row.0.note": ["call\r\n  first"]}
    editor.post("/rules/save", fields)
    assert "call first" in last_draft(panel).text
    assert opened(editor, draft=last_draft(panel).id)["row.0.note"] == ["call first"]


# --- in a browser -------------------------------------------------------------------------


def test_a_cut_point_is_dragged_and_stepped_and_the_swap_set_follows(browser, panel):
    from selenium.webdriver import ActionChains, Keys

    browser.sign_in("editor")
    browser.open("/rules/classifier?name=rfm")
    handle = browser.find("#bands-0 [data-handle]")
    drag = ActionChains(browser.driver).move_to_element(handle).click_and_hold()
    drag.move_by_offset(60, 0).move_by_offset(60, 0).release().perform()
    amount = browser.find("#bands-0-amount-0")
    dragged = float(amount.get_attribute("value"))
    assert dragged > 60
    browser.wait(lambda _: browser.find(".rules-moved strong").text != "0")
    handle.send_keys(Keys.ARROW_LEFT)
    assert float(amount.get_attribute("value")) < dragged
    assert handle.get_attribute("aria-valuenow") == amount.get_attribute("value")
    cell = browser.find("#row-0-cell-0")
    cell.clear()
    cell.send_keys("hihg")
    browser.wait(lambda _: browser.find(".rules-fault").text)
    assert cell.get_attribute("aria-invalid") == "true"
    assert browser.find(".rules-old").is_displayed()
    cell.clear()
    cell.send_keys("high")
    browser.wait(lambda _: not browser.all(".rules-fault"))
    browser.press("Copy row 1")
    browser.wait(lambda _: len(browser.all(".rules-grid tbody tr")) == 10)
    browser.fill("title", "dragged")
    browser.press("Save draft")
    browser.sees("Draft, revision 1")
    assert last_draft(panel).title == "dragged"


def test_a_found_cut_point_that_becomes_a_number_says_so_and_goes_back(browser, panel):
    from selenium.webdriver import Keys

    browser.sign_in("editor")
    browser.open("/rules/classifier?name=rfm")
    browser.find(".rules-moved strong")
    kind, amount = browser.find("#bands-2-kind-0"), browser.find("#bands-2-amount-0")
    before = kind.get_attribute("value"), amount.get_attribute("value")
    assert before == ("quantile", "80")
    handle = browser.find("#bands-2 [data-handle]")
    at = handle.get_attribute("aria-valuenow")
    for key in (Keys.ARROW_LEFT, Keys.PAGE_DOWN):
        handle.send_keys(key)
    told = browser.find("#bands-2 [data-fixed][aria-live=polite]")
    assert kind.get_attribute("value") == "number"
    assert told.text.count("it no longer follows the customers") == 1
    browser.press("Take it back")
    assert (kind.get_attribute("value"), amount.get_attribute("value")) == before
    assert (told.text, handle.get_attribute("aria-valuenow")) == ("", at)
    browser.wait(lambda _: browser.find(".rules-moved strong").text == "0")
    assert not browser.find(".rules-old").is_displayed()
    amount.clear()
    browser.wait(lambda _: browser.find(".rules-old").is_displayed())
    with browser.wide(1280):
        cut = "return [...document.querySelectorAll('.rules-label')]"
        assert browser.run(cut + ".filter(one => one.scrollWidth > one.clientWidth).length") == 0
