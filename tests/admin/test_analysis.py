"""Pages that set figures against each other: 80/20, across systems, forecast, sources over time."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, update

from custrata.service.registers.sources import add_source, set_cost
from custrata.service.runs import run
from custrata.service.runs.basis import last_full
from custrata.store.models import Customer, RunFigure
from tests.service.runs.putting import contact, customer, put, rules, sale

LAST = date(2026, 11, 21)
RULES = """\
ruleset: 1
time_zone: Asia/Ho_Chi_Minh
classifiers:
  pareto: {}
  lifecycle: {}
  contradictions: {}
"""
PAGES = ("/pareto/", "/crossing/", "/forecast/", "/sources/")


@pytest.fixture
def panel(bare):
    """One who brings most and went quiet; one rising; a lead that is said to have bought."""
    rules(bare.desk, RULES)
    add_source(bare.desk, "Zalo")
    put(bare.desk, Customer(customer_id="key", source="zalo", name="Hoa Sen"))
    put(bare.desk, Customer(customer_id="up", name="Sao Mai"))
    put(bare.desk, customer("lead", stage="closed", source="zalo"))
    put(bare.desk, sale("key", "2026-06-01", 5000), sale("up", "2026-11-01", 300))
    put(bare.desk, sale("up", "2026-03-01", 100), contact("lead", "2026-11-01"))
    set_cost(bare.desk, "zalo", date(2026, 6, 1), 400)
    return bare


def page(panel, address, role="viewer"):
    answer = panel.client(role).get(address)
    assert answer.status_code == 200
    return answer.text


def words(text):
    """What a person reads: without tags, spaces made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


def test_before_the_first_run_pages_say_what_is_lacking(panel):
    for address in PAGES[:3]:
        assert "come with the next run" in page(panel, address)


@pytest.mark.parametrize("address", PAGES)
def test_figures_of_a_run_before_these_pages_are_no_fault(panel, address):
    run(panel.desk, as_of=LAST)
    with panel.desk.database.write() as session:
        kept = RunFigure.name.in_(("everyone", "basis", "sources"))
        session.execute(delete(RunFigure).where(~kept))
    page(panel, address)


def test_few_and_many(panel):
    run(panel.desk, as_of=LAST)
    told = words(page(panel, "/pareto/"))
    assert "One customer alone brings 92.6% of revenue; your alarm is at 5%." in told
    assert "Hoa Sen – 5,000 92.6% Alarm" in told
    assert "Key customer 92.6% 0% 33.3%" in told
    assert "Long tail 7.4% 100% 66.7%" in told
    assert "Sao Mai – 100 300 4,600" in told
    assert 'href="/customers/?label=pareto%3Along_tail"' in page(panel, "/pareto/")


@pytest.mark.parametrize("after", ["x", "-1", "9" * 40, "500"])
def test_a_place_that_is_none_shows_a_page(panel, after):
    run(panel.desk, as_of=LAST)
    page(panel, f"/pareto/?after={after}")


def test_rules_without_a_table_for_it_say_so(panel):
    rules(panel.desk, "ruleset: 1\nclassifiers:\n  lifecycle: {}\n")
    run(panel.desk, as_of=LAST)
    assert "no classifier of the plugin pareto" in page(panel, "/pareto/")
    told = page(panel, "/crossing/")
    assert "It takes two classifiers" in told
    assert "no classifier of the plugin contradictions" in told


def test_a_cell_leads_to_its_customers_as_they_are_now(panel):
    run(panel.desk, as_of=LAST)
    told = page(panel, "/crossing/")
    link = "/customers/?label=pareto%3Akey&amp;label=lifecycle%3Aquiet"
    assert f'href="{link}" title="1 customer, revenue 5,000">1<' in told
    found = page(panel, link.replace("&amp;", "&"))
    assert "Hoa Sen" in found
    assert "Sao Mai" not in found
    assert ">5K<" in page(panel, "/crossing/?of=lifecycle&against=pareto&by=revenue")


@pytest.mark.parametrize(
    "query", ["of=nothing", "of=pareto&against=pareto", "by=%00", "of=contradictions"]
)
def test_what_is_chosen_wrongly_is_chosen_otherwise(panel, query):
    run(panel.desk, as_of=LAST)
    assert "Pareto 80/20 against Lifecycle phase" in page(panel, f"/crossing/?{query}")


def test_contradictions_are_a_list_to_work_through(panel):
    run(panel.desk, as_of=LAST)
    told = page(panel, "/crossing/")
    assert "Key customer going quiet 1 a visit by whoever is responsible" in words(told)
    assert "Closed, but without a sale 1" in words(told)
    assert "Marked as lost, but buying 0" in words(told)
    found = page(panel, "/customers/?label=contradictions%3Akey_going_quiet")
    assert "Hoa Sen" in found
    assert "Sao Mai" not in found


def test_sources_over_time(panel):
    run(panel.desk, as_of=LAST)
    told = page(panel, "/sources/")
    assert "12.5×" in told
    assert 'title="June 2026: cost 400, 1 won, revenue 5,000"' in told
    assert ">400<" in page(panel, "/sources/?show=cost_each")
    assert "12.5×" in page(panel, "/sources/?show=nothing&of=nothing")
    by_phase = page(panel, "/sources/?of=lifecycle")
    assert 'href="/customers/?source=zalo&amp;label=lifecycle%3Aquiet"' in by_phase
    one = words(page(panel, "/sources/zalo"))
    assert "June 2026 0 1 5,000 400 400 12.5×" in one
    assert "July 2026 0 0 0 – – –" in one


def test_too_few_months_are_no_forecast(panel):
    run(panel.desk, as_of=LAST)
    told = page(panel, "/forecast/")
    assert "A forecast needs 12 whole months with sales; there are 8." in told


def test_a_forecast_with_its_interval_and_its_test(panel):
    first = date(2025, 1, 1)
    put(panel.desk, *(sale("up", first + timedelta(days=7 * n), 1000 + n) for n in range(98)))
    run(panel.desk, as_of=LAST)
    told = page(panel, "/forecast/")
    assert "The last 3 months were held back" in told
    assert told.count('<th scope="row">') == 6 + 3
    assert "November 2026" in told
    assert "April 2027" in told
    assert 'class="analysis-band" d="M' in told


def test_why_there_is_no_forecast_is_told(panel):
    run(panel.desk, as_of=LAST)
    for why, text in (
        ("gaps", "months without revenue"),
        ("library", "statsmodels"),
        ("fit", "no course"),
    ):
        with panel.desk.database.write() as session:
            run_id = last_full(session).id
            row = session.get(RunFigure, (run_id, "forecast"))
            row.content = {**row.content, "why": why}
        assert text in page(panel, "/forecast/")


def test_a_hostile_name_is_text(panel):
    with panel.desk.database.write() as session:
        named = {"name": "<script>x</script>"}
        session.execute(update(Customer).where(Customer.customer_id == "key").values(named))
    run(panel.desk, as_of=LAST)
    assert "<script>x" not in page(panel, "/pareto/")


def test_someone_chooses_two_classifications_in_a_browser(panel, browser):
    run(panel.desk, as_of=LAST)
    browser.sign_in("viewer")
    browser.open("/crossing/")
    browser.run(
        "const field = document.getElementById('against'); field.value = 'lifecycle';"
        "field.dispatchEvent(new Event('change', {bubbles: true}));"
    )
    browser.wait(lambda driver: "against=lifecycle" in driver.current_url)
    browser.find(".chart-heat td a").click()
    browser.wait(lambda driver: "/customers/?label=" in driver.current_url)
    assert browser.find(".customers-list tbody tr")
