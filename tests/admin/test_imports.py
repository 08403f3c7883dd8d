"""Files are sent, shown, taken in by a worker, and mended where rows were refused."""

import re

import pytest
from sqlalchemy import select

from custrata.service.imports.uploads import folder_of, uploads
from custrata.service.work.jobs import ask, work_once
from custrata.service.work.kinds import KINDS
from custrata.store.models import Customer, Transaction
from tests.admin.test_publishing import words

BAD = "Kunde,Wann,Betrag\nKH-1,2026-11-01,5\nKH-1,<b>soon</b>,7\nKH-2,2026-11-02,abc\n"
MAPPING = {
    "record": "transactions",
    "column-0": "customer_id",
    "column-1": "occurred_at",
    "column-2": "amount",
}


def send(client, text, name="sales.csv"):
    """As a browser does; the test client's own way leaves large bodies in open files."""
    content = text if isinstance(text, bytes) else text.encode()
    token = f'name="csrf_token"\r\n\r\n{client.token()}'.encode()
    file = f'name="file"; filename="{name}"\r\n\r\n'.encode() + content
    parts = [b"\r\nContent-Disposition: form-data; " + one + b"\r\n" for one in (token, file)]
    body = b"--limit" + b"--limit".join(parts) + b"--limit--\r\n"
    kind = "multipart/form-data; boundary=limit"
    return client.http.post("/imports/send", data=body, content_type=kind)


def plan_of(answer):
    assert answer.status_code == 302
    return answer.location


def worked(panel, answer):
    """The page of a job after a worker came by."""
    worked = work_once(panel.desk.of("worker"), KINDS)
    assert worked is None or worked.kind == "upload"
    return answer.location


def sales(panel):
    with panel.desk.database.read() as session:
        ids = select(Transaction.customer_id).where(Transaction.customer_id.like("KH-%"))
        return sorted(session.scalars(ids))


def test_what_would_happen_is_shown_and_nothing_is_written(panel):
    client = panel.client("publisher")
    address = plan_of(send(client, BAD))
    page = client.get(address + "?record=transactions")
    assert "&lt;b&gt;soon&lt;/b&gt;" in page.text
    assert "No column was recognised as" not in page.text or "Amount" in page.text
    preview = client.part(address.replace("/plan/", "/preview/"), MAPPING)
    shown = words(preview)
    assert "Rows 3 New 1 Changed 0 The same 0 Refused 2" in shown
    assert "Betrag is no number; write it as 1250000 or -19.99" in shown
    assert "&lt;b&gt;soon" in preview.text
    assert "2026-11-01" in shown
    assert "Take in 1 row" in shown
    assert sales(panel) == []


def test_bad_rows_come_back_and_are_mended_and_sent_again(panel):
    client = panel.client("publisher")
    address = plan_of(send(client, BAD))
    taken = client.post(address.replace("/plan/", "/take/"), MAPPING)
    waits = client.get(taken.location).text
    assert "It waits" in waits
    assert 'hx-trigger="every 700ms"' in waits
    page = client.get(worked(panel, taken))
    assert "Rows 3 New 1" in words(page)
    assert sales(panel) == ["KH-1"]
    link = re.search(r"/imports/refused/\w+", page.text)[0]
    assert "hx-get" not in page.text
    with client.get(link) as refused:
        assert "filename=sales.refused.csv" in refused.headers["Content-Disposition"]
        mended = refused.text.replace("<b>soon</b>", "2026-11-03").replace("abc", "9")
    assert "2026-11-03" in mended
    again = plan_of(send(client, mended, "sales.refused.csv"))
    done = client.get(worked(panel, client.post(again.replace("/plan/", "/take/"), MAPPING)))
    assert "Rows 2 New 2" in words(done)
    assert sales(panel) == ["KH-1", "KH-1", "KH-2"]
    history = words(client.get("/imports/"))
    assert "sales.csv" in history
    assert "publisher" in history


def test_a_file_that_was_taken_in_is_kept_nowhere(panel):
    client = panel.client("publisher")
    address = plan_of(send(client, "customer_id,name\nKH-9,An\n", "customers.csv"))
    given = {"record": "customers", "column-0": "customer_id", "column-1": "name"}
    worked(panel, client.post(address.replace("/plan/", "/take/"), given))
    with panel.desk.database.read() as session:
        assert session.scalar(select(Customer.name).where(Customer.customer_id == "KH-9")) == "An"
    assert list(folder_of(panel.desk.database).iterdir()) == []
    assert client.get(address).status_code == 404


def test_a_second_click_asks_for_nothing_more(panel):
    client = panel.client("publisher")
    take = plan_of(send(client, BAD)).replace("/plan/", "/take/")
    assert client.post(take, MAPPING).location == client.post(take, MAPPING).location


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"x", "rules.exe", "no file that is read here"),
        (b"", "empty.csv", "empty"),
        (b"not a workbook", "sales.xlsx", "this is text"),
        (b"\xff\xfe\xfa,\xe9\n1,2\n", "old.csv", "UTF-8"),
        (b"PK\x03\x04rubbish", "sales.xlsx", ""),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words_and_not_kept(panel, content, name, told):
    answer = send(panel.client(), content, name)
    assert answer.status_code == 422
    assert told.lower() in words(answer).lower()
    assert "Traceback" not in answer.text
    assert uploads(panel.desk) == ()


def test_no_file_and_too_large_a_file_are_refused(panel):
    client = panel.client()
    nothing = client.post("/imports/send", {}, content_type="multipart/form-data")
    assert "Choose a file first" in nothing.text
    panel.app.config["CUSTRATA_UPLOAD_BYTES"] = 1000
    answer = send(client, "customer_id\n" + "A\n" * 1000)
    assert answer.status_code == 413
    assert "more than can be taken in" in answer.text
    assert uploads(panel.desk) == ()


def test_a_file_beyond_the_panels_own_limit_is_taken_where_it_is_an_upload(panel):
    text = "customer_id,name\n" + "".join(f"KH-{n},{'x' * 200}\n" for n in range(25_000))
    assert send(panel.client(), text, "customers.csv").status_code == 302


def test_columns_that_do_not_fit_are_said_beside_the_form(panel):
    client = panel.client()
    address = plan_of(send(client, BAD))
    twice = {**MAPPING, "column-1": "amount"}
    shown = words(client.part(address.replace("/plan/", "/preview/"), twice))
    assert "Several columns are to be amount" in shown
    assert "No column is occurred_at" in shown
    back = client.post(address.replace("/plan/", "/take/"), twice, follow_redirects=True)
    assert "Several columns are to be amount" in back.text
    assert "1. What does the file hold?" in back.text


def test_dates_that_do_not_tell_are_asked_for(panel):
    client = panel.client()
    text = "Kunde,Wann,Betrag\nKH-1,03/04/2026,5\n"
    preview = plan_of(send(client, text)).replace("/plan/", "/preview/")
    shown = words(client.part(preview, MAPPING))
    assert "whether the day or the month comes first" in shown
    assert "--dates" not in shown
    shown = words(client.part(preview, {**MAPPING, "dates": "dmy"}))
    assert "03/04/2026 → 2026-04-03" in shown


def test_a_file_is_removed_on_demand(panel):
    client = panel.client()
    address = plan_of(send(client, BAD))
    assert "sales.csv" in client.get("/imports/").text
    client.post(address.replace("/plan/", "/drop/"))
    assert uploads(panel.desk) == ()


@pytest.mark.parametrize("address", ["plan/x", "plan/" + "0" * 32, "refused/..", "job/99"])
def test_addresses_that_were_made_up(seen, address):
    assert seen.client().get(f"/imports/{address}").status_code == 404


def test_a_job_that_is_no_import_has_no_page_here(panel):
    assert panel.client().get(f"/imports/job/{ask(panel.desk, 'run')}").status_code == 404


def test_a_person_imports_a_spreadsheet_with_bad_rows_mends_it_and_imports_again(
    browser, panel, tmp_path
):
    path = tmp_path / "sales.csv"
    path.write_text(BAD, encoding="utf-8")
    browser.sign_in("publisher")
    taken_in(browser, panel, path, "Take in 1 row")
    assert sales(panel) == ["KH-1"]
    link = browser.find("a[href*='/imports/refused/']").get_attribute("href")
    with panel.client("publisher").get(link.removeprefix(browser.address)) as refused:
        mended = refused.text.replace("<b>soon</b>", "2026-11-03").replace("abc", "9")
    path.write_text(mended, encoding="utf-8")
    taken_in(browser, panel, path, "Take in 2 rows")
    assert sales(panel) == ["KH-1", "KH-1", "KH-2"]


def taken_in(browser, panel, path, button):
    """Send a file, say what its columns are, and have it taken in."""
    browser.open("/imports/")
    browser.find("#file").send_keys(str(path))
    browser.press("Send")
    browser.find("#record")
    browser.run("document.getElementById('record').value = 'transactions'")
    browser.run("document.getElementById('record').form.requestSubmit()")
    browser.find("select[name='column-2']")
    for place, field in enumerate(("customer_id", "occurred_at", "amount")):
        browser.run(
            "const one = document.getElementsByName(arguments[0])[0]; one.value = arguments[1];"
            "one.dispatchEvent(new Event('change', {bubbles: true}))",
            f"column-{place}",
            field,
        )
    browser.sees(button)
    browser.press(button)
    browser.sees("It waits")
    assert work_once(panel.desk.of("worker"), KINDS).fault is None
    browser.sees("It was taken in")
