"""Use cases as other callers than the command line see them."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import polars as pl
import pytest
from jsonschema import Draft202012Validator

from custrata.engine.backends import backend
from custrata.engine.diagnostics import DataError, RulesError, Severity
from custrata.engine.what_if import Moved
from custrata.service.check import check, json_schema
from custrata.service.classify import Job, classify
from custrata.service.inputs import Inputs
from custrata.service.outputs import output_frame
from custrata.service.what_if import what_if

RULES = """\
ruleset: 1
classifiers:
  size:
    bands:
      monetary: {cuts: [100], names: [small, big]}
    table:
      hit_policy: unique
      rules:
        - {monetary: big, label: key}
        - {monetary: "> 400", label: star}
      otherwise: tail
"""
DAY = date(2026, 11, 21)


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("> 400", "> 900"), encoding="utf-8")
    return path


@pytest.fixture
def inputs(tmp_path):
    path = tmp_path / "sales.csv"
    rows = ["01,2026-11-01,500.25", "2,2026-11-02,150", "3,2026-11-03,1"]
    path.write_text("\n".join(["customer_id,occurred_at,amount", *rows]), encoding="utf-8")
    return Inputs({"transactions": path})


def test_classify_says_who_is_where_and_what_they_bring(tmp_path, rules, inputs):
    rules.write_text(RULES.replace("unique", "first"), encoding="utf-8")
    steps = []
    out = tmp_path / "labels.parquet"
    job = Job(rules=rules, as_of=DAY, inputs=inputs, out=out, explanations=tmp_path / "why.jsonl")
    summary = classify(job, lambda step, *_: steps.append(step))
    assert summary.customers == 3
    assert list(summary.sizes["size"].items()) == [
        ("key", Moved(2, Decimal("650.25"))),
        ("tail", Moved(1, Decimal("1.00"))),
    ]
    assert summary.written == (out, tmp_path / "why.jsonl")
    assert out.exists()
    told = list(dict.fromkeys(steps))
    assert told == ["read", "measure", "calibrate", "decide", "explain", "write"]


def test_no_customer_at_all(tmp_path, rules):
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,occurred_at,amount\n", encoding="utf-8")
    out = tmp_path / "labels.csv"
    job = Job(rules=rules, as_of=DAY, inputs=Inputs({"transactions": path}), out=out)
    assert classify(job).customers == 0
    assert out.read_text(encoding="utf-8").splitlines() == ["customer_id,size"]


def test_check_gives_faults_instead_of_raising_them(rules, inputs):
    rules.write_text(RULES.replace("monetary: big", "monetary: bg"), encoding="utf-8")
    found = check(rules, inputs, as_of=DAY)
    assert [one.severity for one in found if one.severity is Severity.ERROR] == ["error"]
    assert found[0].nearest == "big"


def test_check_weighs_meeting_rows_by_customers(rules, inputs):
    rules.write_text(RULES, encoding="utf-8")
    errors = [one for one in check(rules, inputs, as_of=DAY) if one.severity is Severity.ERROR]
    assert len(errors) == 1
    assert "1 customer" in errors[0].message


def test_check_leaves_faults_of_data_to_the_caller(tmp_path, rules):
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,amount\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="occurred_at"):
        check(rules, Inputs({"transactions": path}), as_of=DAY)


def test_the_schema_tells_right_from_wrong():
    schema = Draft202012Validator(json_schema())
    rules = {"ruleset": 1, "classifiers": {"rfm": {"bands": {"frequency": {"cuts": [5]}}}}}
    assert schema.is_valid(rules)
    assert not schema.is_valid({**rules, "ruleset": 9})
    assert not schema.is_valid({**rules, "classifiers": {"rfm": {"bnads": {}}}})


def test_what_if_gives_sizes_moves_and_revenue(tmp_path, rules, inputs):
    draft = tmp_path / "draft.yaml"
    draft.write_text(rules.read_text().replace("cuts: [100]", "cuts: [200]"), encoding="utf-8")
    compared = what_if(rules, draft, inputs, as_of=DAY, out=tmp_path / "moves.csv")
    swaps, diagnostics = compared.swaps, compared.diagnostics
    assert (compared.gone, compared.added, compared.window) == (frozenset(), frozenset(), 365)
    assert swaps.sizes["size"] == {"key": (2, 1), "tail": (1, 2)}
    assert swaps.matrix["size"]["key", "tail"] == Moved(1, Decimal("150.00"))
    assert [one for one in diagnostics if one.severity is not Severity.INFO] == []
    moves = (tmp_path / "moves.csv").read_text(encoding="utf-8").splitlines()
    assert moves == ["customer_id,classifier,from,to", "2,size,key,tail"]


def test_what_if_with_a_draft_at_fault_writes_nothing(tmp_path, rules, inputs):
    draft = tmp_path / "draft.yaml"
    draft.write_text("ruleset: 9\n", encoding="utf-8")
    with pytest.raises(RulesError):
        what_if(rules, draft, inputs, as_of=DAY, out=tmp_path / "moves.csv")
    assert not (tmp_path / "moves.csv").exists()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_no_two_columns_of_the_output_share_a_name(engine):
    native = {
        "labels": {"customer_id": ["1"], "loyal": ["yes"]},
        "measures": {"customer_id": ["1"], "loyal": [3], "a.b": [4]},
        "bands": {"customer_id": ["1"], "a.b": ["low"]},
    }
    result = SimpleNamespace(**{name: pl.DataFrame(one) for name, one in native.items()})
    kind = backend(engine)
    frame = kind.lazy(output_frame(result, with_measures=True))
    names = ["customer_id", "loyal", "measure.loyal", "a.b", "band.a.b"]
    assert frame.columns == names
    assert list(kind.rows(frame)) == [("1", "yes", 3, 4, "low")]
