"""Labels back into a CRM: only what the engine owns there, only what changed."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from custrata.engine.diagnostics import DataError
from custrata.service.connect.loading import load_mapping, parse_mapping
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
    head, _sep, _rest = MAPPING.partition("write_back:")
    text = f"{head}write_back:\n  - {{output: {output}, {entry}}}\n"
    return parse_mapping(text.encode(), "crm.yaml")


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
    engine = create_engine(Database(crm).url)
    with engine.begin() as connection:
        connection.exec_driver_sql("""UPDATE people SET more = '["a"]'""")
    engine.dispose()
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
        ("target: links.tag, as: field, via: sql", "tenant-column"),
        ("target: people.segment, as: field, via: rest", "write-not-here"),
        ("target: people.segment, as: field, via: sql, allow: propose_only", "write-not-here"),
    ],
)
def test_what_is_not_the_engines_own_is_refused(crm, labels, entry, code):
    with pytest.raises(DataError) as caught:
        write_back(mapping(entry), crm, labels, tenant="1", apply=True)
    assert [one.code for one in caught.value.diagnostics] == [code]
    assert "by this tool: via rest" in str(caught.value) or "via: rest" not in entry


def test_without_the_tenant_nothing_is_written(crm, labels):
    with pytest.raises(DataError, match="tenant-missing"):
        write_back(mapping(), crm, labels, apply=True)


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
