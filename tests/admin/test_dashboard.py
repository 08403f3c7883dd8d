"""The first page: what there is to see and to do today."""

import re
from datetime import date

import pytest
from sqlalchemy import select, update

from custrata.service.figures import latest
from custrata.service.rules.drafts import begin
from custrata.service.runs import run
from custrata.store.models import Customer, Run, RunFigure
from tests.service.runs.putting import customer, put


def shown(panel, address="/", role="viewer", language="en"):
    answer = panel.client(role, language).get(address)
    assert answer.status_code == 200
    return answer.text


def test_an_empty_store_says_what_to_do_next(bare):
    page = shown(bare, role="admin")
    assert "Three steps to your first segments" in page
    assert 'href="/imports/"' in page
    assert 'href="/runs/"' in page
    assert "done" not in page
    assert 'href="/imports/"' not in shown(bare)
    put(bare.desk, customer("a"))
    assert "done" in shown(bare)


def test_every_chart_stands_with_its_numbers(seen):
    page = shown(seen)
    with seen.desk.database.read() as session:
        figures = latest(session)
    assert f"{figures.get('everyone')['won']:,}" in page
    for caption in (
        "Customers by stage",
        "Customers and revenue by segment",
        "Revenue by share of customers",
        "Buyers by last sale and number of sales",
    ):
        assert caption in page
    for row in figures.get("sizes")["rfm"]:
        assert f'href="/customers/?label=rfm%3A{row["label"]}"' in page


def test_every_segment_leads_to_its_customers_by_any_classifier(seen):
    page = shown(seen, "/?of=pareto")
    assert 'href="/customers/?label=pareto%3Along_tail"' in page
    assert '<option value="pareto" selected>' in page
    assert '<option value="rfm" selected>' in shown(seen, "/?of=made-up")


def test_a_picture_tells_what_it_shows(seen):
    page = shown(seen)
    for svg in re.findall(r"<svg[^>]*>", page):
        assert 'aria-hidden="true"' in svg or "role=" in svg
    for picture in re.findall(r'<svg[^>]*role="img"[^>]*>.*?</svg>', page, re.DOTALL):
        assert "<title" in picture
        assert "<a " not in picture
    assert "style=" not in page
    assert not re.search(r"\son\w+=", page)


def test_the_page_is_told_in_every_language(seen):
    assert "Giá trị khách hàng (RFM)" in shown(seen, language="vi")
    assert "RFM 客戶價值" in shown(seen, language="zh_Hant")


def test_who_moved_is_drawn(panel):
    with panel.desk.database.write() as session:
        row = session.scalars(select(Run).where(Run.kind == "full").order_by(Run.id.desc())).first()
        flows = [["rfm", "general_keep", "general_retain", "day", 9]]
        flows += [["rfm", "general_keep", "general_retain", "facts", 3]]
        flows += [["rfm", None, "general_retain", "first", 77]]
        row.counts = {**row.counts, "flows": flows}
    page = shown(panel)
    assert "12 from Ordinary: keep to Ordinary: win back" in page
    assert "77 from" not in page
    assert page.count('class="chart-ribbon"') == 1
    assert "Nobody changed the segment." in shown(panel, "/?of=pareto")


def test_a_segment_that_moved_much_is_told(panel):
    with panel.desk.database.write() as session:
        row = session.scalars(select(Run).where(Run.kind == "full").order_by(Run.id.desc())).first()
        sizes = {**row.counts["sizes"], "pareto": [["key", 100], ["long_tail", 20]]}
        row.counts = {**row.counts, "sizes": sizes}
    page = shown(panel)
    assert re.search(r"Key customer</a>\s+\d+ → 100 \(\+\d", page)


def test_a_cell_of_the_map_leads_to_its_customers(seen):
    with seen.desk.database.read() as session:
        cells = latest(session).get("rfm")["cells"]
    cell = max(cells, key=lambda one: one["customers"])
    address = f"/map/{cell['recency']}/{cell['frequency']}"
    assert f'href="{address}"' in shown(seen)
    page = shown(seen, address)
    rows = re.findall(r'<tr><td><a href="/customers/', page)
    assert len(rows) == cell["customers"]
    assert seen.client("viewer").get("/map/9/9").status_code == 404


def test_a_cell_of_many_customers_is_told_page_by_page(seen, monkeypatch):
    monkeypatch.setattr("custrata.admin.pages.dashboard._BUYERS", 3)
    with seen.desk.database.read() as session:
        cell = max(latest(session).get("rfm")["cells"], key=lambda one: one["customers"])
    address, found = f"/map/{cell['recency']}/{cell['frequency']}", []
    while address:
        page = shown(seen, address)
        found += re.findall(r'<tr><td><a href="(/customers/[^"]+)', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following and following[1].replace("&amp;", "&")
    assert len(found) == len(set(found)) == cell["customers"]


@pytest.fixture
def stale(bare):
    """Two whom nobody reached, one of them the admin's own; a name that is markup."""
    put(bare.desk, customer("a", "hot", "2026-01-01", owner="admin"))
    put(bare.desk, customer("b", "hot", "2026-01-01", owner="lan"))
    run(bare.desk, as_of=date(2026, 11, 21))
    with bare.desk.database.write() as session:
        session.execute(update(Customer).values(name="<b onclick=alert(1)>Lan</b>"))
    return bare


def test_ones_own_customers_are_shown_first(stale):
    own = shown(stale, "/contact", role="admin")
    assert ("/customers/a" in own, "/customers/b" in own) == (True, False)
    everyone = shown(stale, "/contact?whose=all", role="admin")
    assert ("/customers/a" in everyone, "/customers/b" in everyone) == (True, True)
    assert "/customers/b" in shown(stale, "/contact", role="viewer")


def test_a_name_is_text_whatever_stands_in_it(stale):
    page = shown(stale, "/contact")
    assert "&lt;b onclick=alert(1)&gt;Lan" in page
    assert "<b onclick" not in page


def test_what_waits_is_told(panel):
    assert "open draft" not in shown(panel, role="editor")
    begin(panel.desk.of("editor"), "Sooner")
    assert "You have 1 open draft of the rules." in shown(panel, role="editor")
    assert "open draft" not in shown(panel, role="viewer")


def test_a_run_whose_figures_are_not_kept_is_told(panel):
    with panel.desk.database.write() as session:
        for row in session.scalars(select(RunFigure)):
            session.delete(row)
    assert "The figures of this page come with the next run." in shown(panel)


def test_a_firm_that_sold_nothing_has_a_page(bare):
    put(bare.desk, customer("a", "hot", "2026-11-20"))
    run(bare.desk, as_of=date(2026, 11, 21))
    page = shown(bare)
    assert "Nobody has bought yet." in page
    assert "Nobody brought revenue" in page


def test_every_link_of_a_chart_finds_as_many_as_the_chart_tells(seen):
    client = seen.client("viewer")
    page = client.get("/").text
    link, step = r'<a href="(/customers/[^"]+)">[^<]+</a>', r'<td class="chart-step">.*?</td>'
    number = r'<td class="number">([\d,]+)</td>'
    rows = re.findall(rf"{link}</th>\s*(?:{step}\s*)?{number}", page, re.DOTALL)
    assert len(rows) >= 15
    for address, told in rows:
        found = client.get(address.replace("&amp;", "&")).text
        assert re.search(rf"Found: {told}\b", found) or told == "0", address


def test_every_move_leads_to_those_who_moved(seen):
    client = seen.client("viewer")
    link, number = r'<a href="(/runs/[^"]+)">[^<]+</a>', r'<td class="number">(\d+)</td>'
    moves = re.findall(rf"{link}</td>{number}", client.get("/").text)
    assert len(moves) >= 2
    for address, told in moves:
        page = client.get(address.replace("&amp;", "&")).text
        assert page.count('<tr><td><a href="/customers/') == int(told), address


# --- what only a browser shows ------------------------------------------------------------


def test_a_telephone_shows_all_of_it_and_a_choice_changes_the_segments(browser):
    browser.sign_in("viewer")
    browser.sees("Customers and revenue by segment")
    with browser.wide(390):
        for address in ("/", "/sources/", "/stages/"):
            browser.open(address)
            page = "document.documentElement"
            assert browser.run(f"return {page}.scrollWidth <= {page}.clientWidth"), address
    browser.open("/")
    browser.run(
        "const choice = document.getElementById('of'); choice.value = 'pareto';"
        "choice.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    browser.sees("Long tail")
    assert "of=pareto" in browser.driver.current_url
