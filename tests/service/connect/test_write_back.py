"""Labels back into a CRM: only what the engine owns there, only what changed."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from custrata.engine.diagnostics import DataError
from custrata.service.connect.loading import load_mapping, parse_mapping
from custrata.service.connect.source import Crm
from custrata.service.connect.targets import Field
from custrata.service.connect.write_back import write_back
from custrata.store.database import Database
from tests.service.connect.places import MAPPING, fill, orders, people

LABELS = "customer_id,rfm,hints\n1,vip,\n2,old,\n3,,\n9,vip,\n77,vip,\n"
JSON_KEY = "target: people.more.rfm, as: json_key, via: sql"
TAGS = (
    "target: links, as: tag, via: sql, key: person, tag: tag, names: tags.id.name,"
    ' prefix: "Segment: "'
)


@pytest.fixture
def crm(empty_url):
    return fill(
        empty_url,
        {
            "people": people(more=[{"a": "b"}, None, {"rfm": "gone", "a": 1}, {}]),
            "orders": orders(),
            "tags": {
                "id": [1, 2, 3],
                "name": ["Segment: vip", "Segment: old", "Friends"],
                "firm": [1, 1, 1],
            },
            "links": {"person": [2, 2, 3, 9], "tag": [1, 3, 2, 2]},
        },
    )


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(LABELS)
    return path


def mapping(entry: str = "target: people.segment, as: field, via: sql, key: id", output="rfm"):
    return changed(("output: rfm", f"output: {output}"), entry=entry)


def changed(*parts: tuple[str, str], entry: str | None = None):
    """The mapping with parts of its text changed."""
    text = MAPPING
    if entry is not None:
        text = text.partition("write_back:")[0]
        text += f"write_back:\n  - {{output: rfm, {entry}}}\n"
    for old, new in parts:
        assert old in text, old
        text = text.replace(old, new)
    return parse_mapping(text.encode(), "crm.yaml")


def change(url: str, *statements: str) -> None:
    engine = create_engine(Database(url).url)
    with engine.begin() as connection:
        for one in statements:
            connection.exec_driver_sql(one)
    engine.dispose()


def rows(url: str, sql: str) -> list[tuple]:
    engine = create_engine(Database(url).url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(sql)]
    engine.dispose()
    return found


def changes(plan) -> list[tuple]:
    return [(one.customer_id, one.before, one.after) for one in plan.written[0].changes]


def test_a_plan_writes_nothing_and_tells_what_would_change(crm, labels):
    plan = write_back(mapping(), crm, labels, tenant="1")
    assert changes(plan) == [("1", (), ("vip",))]
    assert (plan.written[0].same, plan.written[0].strangers, plan.applied) == (2, 2, False)
    assert rows(crm, "select segment from people order by id")[0] == (None,)


SOON = {
    "sqlite": "PRAGMA busy_timeout = 1000",
    "postgresql": "SET lock_timeout = '1s'",
    "mariadb": "SET innodb_lock_wait_timeout = 1",
}


def test_a_plan_holds_nobody_up(crm, labels, monkeypatch):
    """Others write while it is made; into a SQLite file where that is in WAL mode."""
    kind = crm.partition(":")[0]
    if kind == "sqlite":
        change(crm, "PRAGMA journal_mode = WAL")
    check = Field.check

    def meanwhile(target, found):
        change(crm, SOON[kind], "UPDATE people SET email = 'new'")
        check(target, found)

    monkeypatch.setattr(Field, "check", meanwhile)
    assert changes(write_back(mapping(), crm, labels, tenant="1"))
    assert set(rows(crm, "select email from people")) == {("new",)}


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_who_changes_a_row_meanwhile_wins(crm, labels, monkeypatch):
    """Other servers let nobody change it."""
    check = Field.check

    def meanwhile(target, found):
        change(crm, "UPDATE people SET segment = 'theirs' WHERE id = 1")
        check(target, found)

    monkeypatch.setattr(Field, "check", meanwhile)
    with pytest.raises(DataError, match="crm-busy"):
        write_back(mapping(), crm, labels, tenant="1", apply=True)
    assert rows(crm, "select segment from people where id = 1") == [("theirs",)]


def test_only_what_changed_is_written_and_only_of_the_tenant(crm, labels):
    write_back(mapping(), crm, labels, tenant="1", apply=True)
    found = rows(crm, "select id, segment from people order by id")
    assert found == [(1, "vip"), (2, "old"), (3, None), (9, "theirs")]
    again = write_back(mapping(), crm, labels, tenant="1", apply=True)
    assert (changes(again), again.written[0].same) == ([], 3)


def test_leaving_a_segment_empties_the_field(crm, labels):
    labels.write_text("customer_id,rfm\n2,\n")
    write_back(mapping(), crm, labels, tenant="1", apply=True)
    assert rows(crm, "select segment from people where id = 2") == [(None,)]


@pytest.mark.parametrize(("everyone", "left"), [(False, "old"), (True, None)])
def test_who_is_not_among_the_labels_loses_hers_where_they_are_of_everyone(
    crm, labels, everyone, left
):
    labels.write_text("customer_id,rfm\n1,vip\n")
    write_back(mapping(), crm, labels, tenant="1", everyone=everyone, apply=True)
    found = rows(crm, "select id, segment from people order by id")
    assert found == [(1, "vip"), (2, left), (3, None), (9, "theirs")]


OF_NOBODY = ["\n", "\n1,\n2,\n", "\n77,vip\n9,old\n1,\n"]


@pytest.mark.parametrize("rows_of_nobody", OF_NOBODY, ids=["no rows", "no labels", "strangers"])
def test_a_file_without_a_label_of_anybody_there_takes_back_nobodys(crm, labels, rows_of_nobody):
    labels.write_text(f"customer_id,rfm{rows_of_nobody}")
    with pytest.raises(DataError, match="labels-empty"):
        write_back(mapping(), crm, labels, tenant="1", everyone=True, apply=True)
    assert rows(crm, "select segment from people where id = 2") == [("old",)]


def test_a_key_of_json_is_set_and_taken_out_and_others_stay(crm, labels):
    plan = write_back(mapping(JSON_KEY), crm, labels, tenant="1", apply=True)
    assert changes(plan) == [
        ("1", (), ("vip",)),
        ("2", (), ("old",)),
        ("3", ("gone",), ()),
    ]
    found = [
        str(row[0]).replace(" ", "") for row in rows(crm, "select more from people order by id")
    ]
    told = [text.replace("'", '"') for text in found]
    assert told[:3] == ['{"a":"b","rfm":"vip"}', '{"rfm":"old"}', '{"a":1}']
    assert changes(write_back(mapping(JSON_KEY), crm, labels, tenant="1")) == []


def test_json_that_is_a_list_is_left_alone(empty_url, labels):
    more = [["a"], ["b"], ["c"], ["d"]]
    crm = fill(empty_url, {"people": people(more=[{"list": one} for one in more])})
    change(crm, """UPDATE people SET more = '["a"]'""")
    with pytest.raises(DataError, match=r"write-lost|crm-refused"):
        write_back(mapping(JSON_KEY), crm, labels, tenant="1", apply=True)
    assert len(rows(crm, "select more from people")) == 4


def test_tags_come_and_go_and_those_of_people_stay(crm, labels):
    plan = write_back(mapping(TAGS), crm, labels, tenant="1", apply=True)
    assert changes(plan) == [
        ("1", (), ("Segment: vip",)),
        ("2", ("Segment: vip",), ("Segment: old",)),
        ("3", ("Segment: old",), ()),
    ]
    links = sorted(rows(crm, "select person, tag from links"))
    assert links == [(1, 1), (2, 2), (2, 3), (9, 2)]


def test_a_tag_that_is_missing_stops_everything(crm, labels):
    labels.write_text("customer_id,rfm\n1,new\n2,old\n")
    with pytest.raises(DataError, match=r"there are no tags 'Segment: new'"):
        write_back(mapping(TAGS), crm, labels, tenant="1", apply=True)
    assert len(rows(crm, "select * from links")) == 4


def test_two_tags_of_one_name_stop_everything(crm, labels):
    """One of them may be a person's."""
    change(crm, "INSERT INTO tags (id, name, firm) VALUES (4, 'Segment: vip', 1)")
    with pytest.raises(DataError, match=r"there are several tags 'Segment: vip'"):
        write_back(mapping(TAGS), crm, labels, tenant="1", apply=True)
    assert len(rows(crm, "select * from links")) == 4


@pytest.mark.parametrize("server", ["postgresql", "mariadb"], indirect=True)
def test_a_label_that_is_too_long_is_told(crm, labels):
    labels.write_text(f"customer_id,rfm\n1,vip\n2,{'x' * 101}\n")
    told = "value-too-long.*people.segment takes 100 signs, and a label has 101"
    for apply in (False, True):
        with pytest.raises(DataError, match=told):
            write_back(mapping(), crm, labels, tenant="1", apply=apply)
    assert rows(crm, "select segment from people order by id")[0] == (None,)


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
@pytest.mark.parametrize("entry", ["target: people.segment, as: field, via: sql", TAGS])
def test_ids_that_a_server_pads_are_those_of_the_labels(crm, labels, entry):
    padded = ("people ALTER id", "links ALTER person")
    change(crm, *(f"ALTER TABLE {one} TYPE char(9)" for one in padded))
    plan = write_back(mapping(entry), crm, labels, tenant="1", apply=True)
    assert [one.customer_id for one in plan.written[0].changes]
    assert plan.written[0].strangers == 2
    assert changes(write_back(mapping(entry), crm, labels, tenant="1")) == []


def test_of_several_labels_each_is_a_tag(crm, labels):
    labels.write_text('customer_id,rfm\n1,"[""vip"", ""old""]"\n')
    plan = write_back(mapping(TAGS), crm, labels, tenant="1")
    assert changes(plan) == [("1", (), ("Segment: vip", "Segment: old"))]


def test_one_fault_undoes_all(crm, labels):
    """Both rows of a key that is there twice would be reached."""
    labels.write_text("customer_id,rfm\n1,vip\n")
    text = mapping("target: people.segment, as: field, via: sql, key: firm")
    with pytest.raises(DataError, match="write-not-unique"):
        write_back(text, crm, labels, tenant="1", apply=True)
    assert rows(crm, "select segment from people order by id")[0] == (None,)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("target: people.email, as: field, via: sql", "write-not-own"),
        ("target: people, as: field, via: sql", "write-target"),
        ("target: people.segment.x.y.z, as: json_key, via: sql", "write-target"),
        ("target: links, as: tag, via: sql", "write-target"),
        ("target: tags.nothing, as: field, via: sql", "mapping-column"),
        ("target: people.nothing, as: field, via: sql", "mapping-column"),
        ("target: nothing.segment, as: field, via: sql", "mapping-column"),
        ("target: people.segment, as: field, via: sql, key: nothing", "mapping-column"),
        ("target: people.nothing.rfm, as: json_key, via: sql", "mapping-column"),
        (TAGS.replace("key: person", "key: nothing"), "mapping-column"),
        (TAGS.replace("tag: tag", "tag: nothing"), "mapping-column"),
        (TAGS.replace("tags.id.name", "tags.id.nothing"), "mapping-column"),
        (TAGS.replace("tags.id.name", "nothing.id.name"), "mapping-column"),
        ("target: links.tag, as: field, via: sql, key: person", "tenant-column"),
        ("target: people.segment, as: field, via: rest", "write-not-here"),
        ("target: people.segment, as: field, via: sql, allow: propose_only", "write-not-here"),
    ],
)
def test_what_is_not_the_engines_own_is_refused(crm, labels, entry, code):
    with pytest.raises(DataError) as caught:
        write_back(mapping(entry), crm, labels, tenant="1", apply=True)
    assert [one.code for one in caught.value.diagnostics] == [code]
    assert "by this tool: via rest" in str(caught.value) or "via: rest" not in entry


SESSION = "dialect: postgresql, session: \"select set_config('app.firm', :tenant, true)\""


@pytest.mark.parametrize(
    ("changes", "tenant", "code"),
    [
        ([], None, "tenant-missing"),
        ([("required: true", "required: false")], None, "tenant-missing"),
        ([("required: true", "nullable: true")], None, "tenant-missing"),
        (
            [("required: true", "required: false"), ("read_only: true", SESSION)],
            None,
            "tenant-missing",
        ),
        (
            [
                ("tenant: {column: firm, required: true}\n", ""),
                ("tenant_id: p.firm, ", ""),
                ("tenant_id: o.firm, ", ""),
            ],
            *("1", "no-tenants"),
        ),
    ],
)
def test_without_the_tenant_nothing_is_written(crm, labels, changes, tenant, code):
    """Reading may find that there is only one; a tenant that is not known is refused by both."""
    text = changed(*changes)
    with pytest.raises(DataError, match=code):
        write_back(text, crm, labels, tenant=tenant, apply=True)
    with pytest.raises(DataError, match=code):
        Crm(text, crm, tenant).frames()
    found = rows(crm, "select id, segment from people order by id")
    assert found == [(1, None), (2, "old"), (3, None), (9, "theirs")]


def test_rows_of_no_tenant_are_everybodys_where_the_mapping_says_so(empty_url, labels):
    crm = fill(empty_url, {"people": people(firm=[1, None, 1, 2]), "orders": orders()})
    labels.write_text("customer_id,rfm\n1,vip\n2,vip\n9,vip\n")
    write_back(mapping(), crm, labels, tenant="1", apply=True)
    assert rows(crm, "select id from people where segment = 'vip'") == [(1,)]
    write_back(changed(("required: true", "nullable: true")), crm, labels, tenant="1", apply=True)
    assert rows(crm, "select id from people where segment = 'vip' order by id") == [(1,), (2,)]


def test_tags_of_another_firm_are_not_used(crm, labels):
    """Neither is its tag of the same name a second one."""
    change(crm, "UPDATE tags SET firm = 2 WHERE id = 2")
    with pytest.raises(DataError, match=r"there are no tags 'Segment: old'"):
        write_back(mapping(TAGS), crm, labels, tenant="1", apply=True)
    change(crm, "INSERT INTO tags (id, name, firm) VALUES (4, 'Segment: old', 1)")
    write_back(mapping(TAGS), crm, labels, tenant="1", apply=True)
    links = sorted(rows(crm, "select person, tag from links"))
    assert links == [(1, 1), (2, 3), (2, 4), (3, 2), (9, 2)]


def test_a_tag_that_is_linked_twice_is_one(crm, labels):
    """What is right stays as it is, and of what goes every link goes."""
    change(
        crm,
        "INSERT INTO links (person, tag) VALUES (1, 1)",
        "INSERT INTO links (person, tag) VALUES (1, 1)",
        "INSERT INTO links (person, tag) VALUES (2, 1)",
    )
    plan = write_back(mapping(TAGS), crm, labels, tenant="1", apply=True)
    assert changes(plan) == [
        ("2", ("Segment: vip",), ("Segment: old",)),
        ("3", ("Segment: old",), ()),
    ]
    links = sorted(rows(crm, "select person, tag from links"))
    assert links == [(1, 1), (1, 1), (2, 2), (2, 3), (9, 2)]


READ = [
    ("  removed_when", "  where: p.segment is null\n  removed_when"),
    ("  removed_when", "  where: p.Segment is null\n  removed_when"),
    ("  removed_when", "  where: {default: '1 = 1', sqlite: p.segment is null}\n  removed_when"),
    ("removed_when: p.gone", "removed_when: p.segment = 'x'"),
    ('"orders o"', '"orders o join people q on q.id = o.person and q.segment is null"'),
    (
        "removed: classify",
        "removed: classify\n  multi: {all: {from: people, key: id, value: segment}}",
    ),
    ("p.phone", "p.segment"),
    ("column: firm", "column: segment"),
    ("business_tz: Asia/Ho_Chi_Minh", "business_tz_from: people.segment"),
    ("reporting_currency: USD", "reporting_currency_from: people.segment"),
    ("key: id}", "key: segment}"),
]


@pytest.mark.parametrize(("old", "new"), READ)
def test_what_the_mapping_reads_anywhere_is_not_the_engines_own(crm, labels, old, new):
    before = rows(crm, "select * from people order by id")
    with pytest.raises(DataError) as caught:
        write_back(changed((old, new)), crm, labels, tenant="1", apply=True)
    assert [one.code for one in caught.value.diagnostics] == ["write-not-own"]
    assert rows(crm, "select * from people order by id") == before


def test_a_word_in_quotes_is_no_column(crm, labels):
    text = changed(("  removed_when", "  where: p.email <> 'it''s a segment'\n  removed_when"))
    assert changes(write_back(text, crm, labels, tenant="1")) == [("1", (), ("vip",))]


def test_a_key_of_json_that_the_mapping_reads_is_not_the_engines_own(crm, labels):
    reads = ("p.phone", "\"json_extract(p.more, '$.rfm')\"")
    with pytest.raises(DataError, match="write-not-own"):
        write_back(changed(reads, entry=JSON_KEY), crm, labels, tenant="1", apply=True)
    others = ("p.phone", "\"json_extract(p.more, '$.a')\"")
    assert changes(write_back(changed(others, entry=JSON_KEY), crm, labels, tenant="1"))


@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_change_that_takes_the_customer_away_undoes_all(crm, labels):
    """As by a trigger of the CRM."""
    change(
        crm,
        "CREATE TRIGGER moved AFTER UPDATE OF segment ON people BEGIN "
        "UPDATE people SET firm = 2 WHERE id = new.id; END",
    )
    with pytest.raises(DataError, match="write-lost"):
        write_back(mapping(), crm, labels, tenant="1", apply=True)
    assert rows(crm, "select firm, segment from people order by id")[0] == (1, None)


def test_an_output_that_the_labels_lack_is_told_or_named_otherwise(crm, labels):
    one = mapping(output="segment")
    with pytest.raises(DataError, match="no column 'segment'"):
        write_back(one, crm, labels, tenant="1")
    plan = write_back(one, crm, labels, tenant="1", outputs={"segment": "rfm"})
    assert changes(plan) == [("1", (), ("vip",))]


def test_a_customer_twice_in_the_labels_is_refused(crm, labels):
    labels.write_text("customer_id,rfm\n1,vip\n1,old\n")
    with pytest.raises(DataError, match="customer-twice"):
        write_back(mapping(), crm, labels, tenant="1")


def test_the_mapping_of_odoo_says_that_it_does_not_write(crm, labels):
    with pytest.raises(DataError, match="not by this tool: via rpc"):
        write_back(load_mapping("odoo17"), crm, labels)
