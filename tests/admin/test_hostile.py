"""Names that are programs, looks that would change something, and what nobody thought of."""

from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import OperationalError

from custrata.service.customers.filters import save_filter
from custrata.service.customers.question import Question
from custrata.service.people.users import add_user
from custrata.service.registers.groups import add_group
from custrata.service.registers.sources import add_source
from custrata.service.registers.stages import add_stage
from custrata.service.registers.treatments import set_treatment
from custrata.service.rules.drafts import begin
from custrata.service.rules.publish import export_text
from custrata.service.rules.texts import diagnostics_of
from custrata.store.models import Customer
from tests.admin.conftest import PASSWORD
from tests.admin.test_access import rules

EVIL = "<script>alert(1)</script>"
QUIET = ("audit_events", "settings", "runs", "users", "jobs")
"""Tables in which a look may leave something: that a list was taken away, what was left over."""


def furnish(panel):
    """A store in which every name that a person may give is a program; pages to look at."""
    desk = panel.desk.of("admin")
    group = add_group(desk, EVIL, "evil-group")
    source = add_source(desk, EVIL, "evil-source")
    add_stage(desk, {"en": EVIL, "vi": EVIL}, "evil-stage")
    add_user(desk, "evil", "viewer", EVIL, PASSWORD)
    set_treatment(desk, "rfm", "important_value", EVIL)
    with desk.database.read() as session:
        somebody = session.scalars(select(Customer.customer_id).limit(1)).one()
        before = export_text(session)
    called = f'rfm:\n    labels: {{important_value: {{name: {{en: "{EVIL}"}}}}}}\n'
    rules_text = before.replace("rfm:\n", called)
    assert rules_text != before
    assert diagnostics_of(rules_text) == diagnostics_of(before)
    with desk.database.write() as session:
        session.execute(
            update(Customer)
            .where(Customer.customer_id == somebody)
            .values(name=EVIL, owner=EVIL, source=source, team=EVIL, email=EVIL, phone=EVIL)
        )
    draft = begin(desk, EVIL, rules_text)
    save_filter(desk, EVIL, Question(owners=(EVIL,)), shared=True)
    return [
        f"/customers/{somebody}",
        f"/customer/why?customer={somebody}",
        f"/customer/ahead?customer={somebody}",
        f"/groups/{group}",
        f"/sources/{source}",
        "/stages/evil-stage",
        f"/publishing/draft/{draft.id}",
        f"/rules/classifier?name=rfm&draft={draft.id}",
        f"/rules/labels?name=rfm&draft={draft.id}",
        f"/rules/text?draft={draft.id}",
        "/customers/?q=script",
    ]


def test_no_name_becomes_part_of_a_page(panel):
    own = furnish(panel)
    client = panel.client()
    walked = [address for _, method, address, _, _ in rules(panel.app) if method == "GET"]
    seen = 0
    for address in (*own, *walked):
        with client.get(address) as answer:
            assert answer.status_code == 200 or address not in own, address
            if answer.mimetype == "text/html":
                assert EVIL not in answer.text, address
                seen += answer.text.count("&lt;script&gt;alert(1)")
    assert seen > 10


def counted(panel):
    """How many rows each table has."""
    with panel.desk.database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {
            name: connection.scalar(text(f"SELECT count(*) FROM {name}"))
            for name in names
            if name not in QUIET
        }


def test_a_look_changes_nothing(panel):
    client = panel.client()
    before = counted(panel)
    for _, method, address, _, _ in rules(panel.app):
        if method == "GET":
            client.get(address).close()
    assert counted(panel) == before


def test_what_nobody_thought_of_shows_no_sql_and_no_traceback(panel, monkeypatch, caplog):
    fault = OperationalError("SELECT secret FROM customers", {"name": "Ngọc"}, Exception("Ngọc"))

    def broken(*_words, **_options):
        raise fault

    client = panel.client()
    monkeypatch.setattr("custrata.admin.page.Page.page", broken)
    answer = client.get("/stages/")
    assert answer.status_code == 500
    assert "Something went wrong here." in answer.text
    for word in ("SELECT", "secret", "Ngọc", "Traceback", "File "):
        assert word not in answer.text
    assert "OperationalError" in caplog.text
    assert "Ngọc" not in caplog.text
    assert "secret" not in caplog.text
