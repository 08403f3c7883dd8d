"""The rules files that ship: they read, they have no faults, and they say what they claim."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from custrata.engine.engine import Engine
from custrata.engine.model import Fixed, Quantile, Ruleset

CONFIG = Path(__file__).parents[2] / "config"
FILES = [CONFIG / "rules.yaml", *sorted((CONFIG / "presets").glob("*.yaml"))]

TOLD = {"b2b.yaml": ["shadowed"]}
"""A preset that means to stand over a measure says so, and so does the warning."""


def ruleset(name: str) -> Ruleset:
    return Engine.from_file(CONFIG / name).ruleset


def numbers(rules: Ruleset, classifier: str, measure: str) -> list[object]:
    one = next(one for one in rules.classifiers if one.name == classifier)
    return [cut.value for cut in one.bands[measure].cuts if isinstance(cut, Fixed)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_has_no_fault(path: Path) -> None:
    found = [one.code for one in Engine.from_file(path).check() if one.severity != "info"]
    assert found == TOLD.get(path.name, [])


EVERY = [
    *("rfm", "pareto", "loyalty", "stale_contact", "pyramid"),
    *(f"profile_{name}" for name in ("kind", "channel", "size", "sector", "region", "area")),
    *("sales_stage", "relationship", "lifecycle", "key_groups", "kotler", "adopter"),
    "contradictions",
]
"""The systems of the domain that are labels, and what they say together; adopter waits for the name
of a product."""


def test_shipped_rules_are_the_defaults() -> None:
    """The numbers written out for a newcomer are those of the plugins."""
    shipped = Engine.from_text(
        (CONFIG / "rules.yaml").read_text(encoding="utf-8").replace("{enabled: false}\n", "{}\n")
    ).ruleset.classifiers
    names = [one.name for one in shipped]
    plain = Engine.from_text(
        "ruleset: 1\nclassifiers: {" + ", ".join(f"{name}: {{}}" for name in names) + "}"
    ).ruleset.classifiers
    assert names == EVERY
    assert [one.bands for one in shipped] == [one.bands for one in plain]
    assert [one.rules for one in shipped] == [one.rules for one in plain]


@pytest.mark.parametrize(
    ("file", "recency", "frequency"), [("rules.yaml", 60, 4), ("presets/b2b.yaml", 90, 6)]
)
def test_numbers_of_the_domain(file: str, recency: int, frequency: int) -> None:
    rules = ruleset(file)
    monetary = rules.classifiers[0].bands["monetary"].cuts
    assert numbers(rules, "rfm", "recency_days") == [recency]
    assert numbers(rules, "rfm", "frequency") == [frequency]
    assert [str(cut.share) for cut in monetary if isinstance(cut, Quantile)] == ["4/5"]
    assert numbers(rules, "stale_contact", "days_since_touch") == [30]


B2C = {
    ("sales_stage", "recency_days"): [365],
    ("relationship", "silence_ratio"): [3],
    ("relationship", "recency_days"): [44, 120, 365],
    ("relationship", "previous_monetary"): [1_000_000],
    ("lifecycle", "silence_ratio"): [3],
    ("lifecycle", "recency_days"): [44, 120, 365],
    ("lifecycle", "tenure_days"): [90],
    ("key_groups", "tenure_days"): [730],
    ("kotler", "peer_share"): [Fraction("0.05"), Fraction("0.2")],
    ("kotler", "margin_rate"): [Fraction("0.15"), Fraction("0.35")],
}
B2B = {
    ("sales_stage", "recency_days"): [730],
    ("relationship", "silence_ratio"): [2],
    ("relationship", "recency_days"): [29, 180, 730],
    ("relationship", "previous_monetary"): [20_000_000],
    ("lifecycle", "silence_ratio"): [2],
    ("lifecycle", "recency_days"): [29, 180, 730],
    ("lifecycle", "tenure_days"): [180],
    ("key_groups", "tenure_days"): [1_095],
    ("kotler", "peer_share"): [Fraction("0.05"), Fraction("0.2")],
    ("kotler", "margin_rate"): [Fraction("0.08"), Fraction("0.2")],
}


def test_numbers_of_the_domain_are_the_plugins_and_those_for_firms() -> None:
    names = ", ".join(f"{name}: {{}}" for name in dict.fromkeys(name for name, _ in B2C))
    plain = Engine.from_text(f"ruleset: 1\nclassifiers: {{{names}}}").ruleset
    assert {place: numbers(plain, *place) for place in B2C} == B2C
    assert {place: numbers(ruleset("presets/b2b.yaml"), *place) for place in B2B} == B2B


def test_the_marketers_eleven_segments_all_have_customers() -> None:
    """Over the whole history: a window has no scores for who bought nothing lately."""
    sales = pl.read_parquet(CONFIG.parent / "data" / "cdnow.parquet")
    engine = Engine.from_file(CONFIG / "presets" / "marketers.yaml")
    result = engine.run(as_of=date(1998, 7, 1), transactions=sales)
    sizes = {label: one.customers for label, one in result.sizes["rfm"].items()}
    assert len(sizes) == 11
    assert {"no_purchase", "unclassified"}.isdisjoint(sizes)
    assert max(sizes, key=lambda label: sizes[label]) == "champions"
    measured = result.labels.join(result.measures, on="customer_id")
    assert measured.filter(pl.col("frequency") < 1).is_empty()
