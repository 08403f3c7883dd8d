"""The sales brief: a page, a workbook, and who may take which away."""

import fastexcel
import pytest
from sqlalchemy import select

from custrata.service.sales.brief import brief
from custrata.service.sales.scope import Scope
from custrata.store.models import AuditEvent, Customer
from tests.admin.conftest import LAST


def values(content, sheet):
    rows = fastexcel.read_excel(content).load_sheet(sheet, header_row=0, dtypes="string")
    return rows.to_polars().rows()


def test_one_click_shows_the_month_of_everyone(seen):
    page = seen.client().get("/brief/").text
    with seen.desk.database.read() as session:
        found = brief(session, Scope("everyone"), LAST.replace(day=1), LAST, seen.desk.now())
    assert f"{found.brought.revenue:,.0f}" in page
    for text in ("Revenue by month", "Funnel", "Contacts by channel", "Customers who brought most"):
        assert text in page
    assert found.best[0].who.name in page.replace("&#39;", "'")


@pytest.mark.parametrize(
    "period", ["this_week", "last_month", "this_quarter", "this_year", "last_12_months"]
)
def test_every_period_is_there(seen, period):
    answer = seen.client().get(f"/brief/?period={period}&whose=everyone")
    assert answer.status_code == 200
    assert f'value="{period}" selected' in answer.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("period=nonsense", "There is no period"),
        ("period=days&since=2026-11-02&until=2026-11-01", "2026-11-01 lies before 2026-11-02"),
        ("period=days&since=2026-11-02&until=2027-01-01", "2027-01-01 is still to come"),
        ("period=days&since=soon&until=2027-01-01", "is no date"),
        ("whose=team:nowhere", "There is no team"),
    ],
)
def test_what_cannot_be_asked_is_told(seen, query, told):
    answer = seen.client().get(f"/brief/?{query}")
    assert answer.status_code == 422
    assert told in answer.text


def test_what_is_older_than_is_kept_is_not_known(seen):
    page = seen.client().get("/brief/?period=days&since=2020-01-01&until=2020-01-31").text
    assert "figures are kept for the last 400 days" in page


def test_the_workbook_says_what_the_page_says_and_draws_it(panel):
    answer = panel.client().get("/brief/file.xlsx?whose=everyone&period=this_quarter")
    assert answer.headers["Content-Disposition"] == "attachment; filename=brief-2026-10-01.xlsx"
    with panel.desk.database.read() as session:
        since = LAST.replace(month=10, day=1)
        found = brief(session, Scope("everyone"), since, LAST, panel.desk.now())
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "customers.export"))
        assert [one.detail for one in events] == [{"customers": len(found.best)}]
    summary = {row[0]: row[1] for row in values(answer.data, "Brief")}
    assert float(summary["Revenue"]) == float(found.brought.revenue)
    assert [float(row[1]) for row in values(answer.data, "Months")] == [
        float(one.brought.revenue) for one in found.months
    ]
    assert [row[1] for row in values(answer.data, "Funnel")] == [
        str(one.count) for one in found.funnel.steps
    ]
    assert answer.data.count(b"xl/charts/chart") >= 2


def test_it_is_in_the_readers_language(seen):
    content = seen.client(language="vi").get("/brief/file.xlsx").data
    english = fastexcel.read_excel(seen.client().get("/brief/file.xlsx").data).sheet_names
    assert english[:3] == ["Brief", "Months", "Funnel"]
    months = fastexcel.read_excel(content).load_sheet(1, header_row=0, dtypes="string").to_polars()
    assert months.rows()[0][0] == "tháng 11 năm 2026"


def test_others_customers_leave_the_house_by_an_admin_alone_ones_own_by_oneself(panel):
    with panel.desk.database.write() as session:
        session.add(Customer(customer_id="mine", name="Only Mine", owner="editor"))
    client = panel.client("editor")
    assert client.get("/brief/file.xlsx?whose=everyone").status_code == 403
    own = client.get("/brief/own.xlsx?whose=everyone")
    assert own.status_code == 200
    assert {row[0]: row[1] for row in values(own.data, "Brief")}[
        "Whose customers"
    ] == "My customers"
    assert "/brief/file.xlsx" not in client.get("/brief/?whose=everyone").text
    assert "/brief/own.xlsx" in client.get("/brief/?whose=mine").text


def test_before_the_first_run_nothing_is_made_up(bare):
    page = bare.client().get("/brief/").text
    assert "no run has landed yet" in page
    assert bare.client().get("/brief/file.xlsx").status_code == 200


def test_the_brief_in_a_browser_is_printed_without_its_menu(browser):
    browser.sign_in("admin")
    browser.press("Sales brief")
    assert browser.sees("Customers who brought most")
    browser.run("document.getElementById('period').value = 'this_quarter'")
    browser.press("Show")
    assert browser.sees("Oct 1, 2026 to Nov 21, 2026")
    browser.run("window.printed = 0; window.print = () => { window.printed += 1; }")
    browser.press("Print, or keep as PDF")
    assert browser.run("return window.printed") == 1
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        hidden = "return getComputedStyle(document.querySelector(arguments[0])).display"
        for part in (".panel-side", ".sales-asks", ".panel-actions"):
            assert browser.run(hidden, part) == "none"
        assert browser.run(hidden, "#best") != "none"
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    browser.run("document.getElementById('whose').value = 'mine';")
    browser.press("Show")
    assert browser.sees("My customers")
