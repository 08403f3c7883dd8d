"""Every text that a table can hold: handed out to whom it is about, and gone with her."""

import json
from pathlib import Path

from sqlalchemy import JSON, LargeBinary, String, update
from sqlalchemy.types import TypeDecorator

from custrata.service.customers.erase import erase, tables_of_customers
from custrata.service.customers.export import export_customer
from custrata.service.runs import run
from custrata.service.setup import open_store
from custrata.store.models import Base
from tests.service.customers.lan import LAN, settle_in
from tests.service.customers.test_erase import everything
from tests.service.runs.putting import rules

SHIPPED = Path(__file__).parents[3] / "config/rules.yaml"
SIGN = "Xanthippe-planted"
"""In nobody's name."""
CODES = {
    "owner",
    "from_owner",
    "to_owner",
    "marketer",
    "product",
    "channel",
    "sector",
    "source",
    "stage",
    "label",
}
"""What runs count by, in figures and cut points: words of the firm, not of a customer."""
INNER = {"customers.name_fold", "customer_words.word", "outbox.key"}
"""Made from what is handed out, or by a dice."""
ABOUT_OTHERS = {
    "approvals": "by comment",
    "calibrations": "id content",
    "closed_days": "name",
    "counters": "name",
    "destinations": "name url salt old_salt fault",
    "draft_saves": "by",
    "drafts": "title text state created_by publish_by comment fault",
    "erasures": "by counts",
    "groups": "code name rule note",
    "imports": "by record file columns",
    "notebook": "topic text by",
    "opportunity_steps": "code names part",
    "questions": "code phase names",
    "requests": "key body answer",
    "ruleset_versions": "text by comment kind",
    "run_figures": "name content",
    "runs": "kind state calibration_id plugins by step cancelled_by counts fault",
    "saved_filters": "login name query",
    "settings": "name value",
    "source_costs": "source",
    "sources": "code name",
    "staff": "code name team email language",
    "stages": "code names colour",
    "targets": "owner",
    "tokens": "name prefix digest role scopes",
    "treatments": "classifier label offer note by",
    "users": "login name password_hash role language nonce",
}
"""Columns that hold no word of a customer: what programs write there is checked elsewhere, what
people write there is theirs to look after, as docs/privacy.md says."""
SEARCHED = {
    "audit_events": "by action subject_kind subject detail",
    "jobs": "kind arguments slot state by result fault",
    "run_chunks": "first_customer last_customer data",
}
"""Where an erasure looks for a customer though the rows are not hers alone."""


def holding_text(table):
    """The columns of a table that can hold what somebody is called or wrote."""
    return [one for one in table.columns if isinstance(_kind(one), String | JSON | LargeBinary)]


def _kind(column):
    return column.type.impl if isinstance(column.type, TypeDecorator) else column.type


def test_a_new_column_has_to_say_whether_it_is_about_a_customer():
    """Whoever adds one: give its table a `customer_id`, or name it here and in docs/privacy.md."""
    own = set(tables_of_customers())
    rest = {
        table.name: " ".join(one.name for one in holding_text(table))
        for table in Base.metadata.sorted_tables
        if table not in own and holding_text(table)
    }
    assert rest == ABOUT_OTHERS | SEARCHED


def plant(desk, without=frozenset()):
    """Write something of Lan into all columns of hers that take any text; where.

    Args:
        without: columns of these names.
    """
    planted = {}
    with desk.database.write() as session:
        for table in tables_of_customers():
            columns = [one for one in holding_text(table) if _is_free(one, without)]
            texts = {one: f"{SIGN}-{one.table.name}.{one.name}" for one in columns}
            planted |= {f"{table.name}.{one.name}": text for one, text in texts.items()}
            values = {one: _value(one, text) for one, text in texts.items()}
            hers = update(table).where(table.c.customer_id == LAN)
            if values:
                assert session.execute(hers.values(values)).rowcount, f"no Lan in {table.name}"
    return planted


def _is_free(column, without):
    fixed = column.primary_key or column.foreign_keys or column.name in {"customer_id", *without}
    inner = isinstance(_kind(column), LargeBinary) or f"{column.table.name}.{column.name}" in INNER
    return not fixed and not inner


def _value(column, text):
    return {"said": text} if isinstance(_kind(column), JSON) else text


def left(desk):
    return {place for place, text in everything(desk) if SIGN.lower() in text.lower()}


def test_all_that_any_column_holds_of_her_is_handed_out(desk):
    settle_in(desk)
    planted = plant(desk)
    assert len(planted) > 80
    told = json.dumps(export_customer(desk, LAN), ensure_ascii=False)
    assert [place for place, text in planted.items() if text not in told] == []


def test_nothing_that_any_column_held_of_her_is_left(desk):
    settle_in(desk)
    planted = plant(desk, CODES)
    assert left(desk) == set(planted)
    rules(desk, SHIPPED.read_text("utf-8"))
    run(desk)
    erase(desk, LAN)
    assert left(desk) == set()


def test_the_files_of_a_store_hold_none_of_it(tmp_path, clock):
    desk = open_store(f"sqlite:///{tmp_path / 'store.db'}", "an", clock)
    settle_in(desk)
    plant(desk, CODES)
    rules(desk, SHIPPED.read_text("utf-8"))
    run(desk)
    erase(desk, LAN)
    held = [one.name for one in tmp_path.iterdir() if SIGN.encode() in one.read_bytes()]
    assert held == []
    desk.database.close()
    held = [one.name for one in tmp_path.iterdir() if SIGN.encode() in one.read_bytes()]
    assert held == []
