"""business-rules: five lists of rules, each stopped at its first hit.

Its numeric variables refuse None, so that whether there is a value is a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_TEXT
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    string_rule_variable,
)

from benchmarks.job import (
    FREQUENT_SALES,
    HIGH_CENTS,
    LOYALTY_RULES,
    PURSUED,
    PYRAMID,
    RECENT_DAYS,
    RFM,
    STALE_DAYS,
)
from benchmarks.peers.expressions import WILLING, Cuts

Condition = Mapping[str, Any]


class Customer(BaseVariables):
    """What the rules may ask of a record."""

    def __init__(self, record: Mapping[str, Any]):
        self.record = record

    @boolean_rule_variable()
    def bought(self) -> bool:
        return self.record["recency_days"] is not None

    @boolean_rule_variable()
    def met(self) -> bool:
        return self.record["days_since_contact"] is not None

    @boolean_rule_variable()
    def chance_known(self) -> bool:
        return self.record["purchase_score"] is not None

    @numeric_rule_variable()
    def recency_days(self) -> int:
        return self.record["recency_days"]

    @numeric_rule_variable()
    def frequency(self) -> int:
        return self.record["frequency"]

    @numeric_rule_variable()
    def monetary(self) -> int:
        return self.record["monetary"]

    @numeric_rule_variable()
    def days_since_contact(self) -> int:
        return self.record["days_since_contact"]

    @numeric_rule_variable()
    def satisfaction(self) -> int:
        return self.record["satisfaction"] or 0

    @numeric_rule_variable()
    def purchase_score(self) -> float:
        return self.record["purchase_score"]

    @string_rule_variable()
    def recommend(self) -> str:
        return self.record["recommend"] or ""

    @string_rule_variable()
    def stage(self) -> str:
        return self.record["stage"] or ""


class Labels(BaseActions):
    """Keeps the label that a rule gives."""

    def __init__(self) -> None:
        self.found: str | None = None

    @rule_action(params={"label": FIELD_TEXT})
    def give(self, label: str) -> None:
        self.found = label


def prepare(cuts: Cuts) -> Callable[[dict[str, Any]], Any]:
    """A function from a record to its labels."""
    lists = _lists(cuts)

    def classify(record: dict[str, Any]) -> dict[str, str | None]:
        customer, labels, found = Customer(record), Labels(), {}
        for name, rules in lists.items():
            run_all(rules, customer, labels, stop_on_first_trigger=True)
            found[name] = labels.found
        return found

    return classify


def _lists(cuts: Cuts) -> dict[str, list[Condition]]:
    tops = zip(reversed(PYRAMID), sorted(cuts["tops"], reverse=True), strict=False)
    pursued = _any(_is("stage", "equal_to", stage) for stage in PURSUED)
    stale = _is("days_since_contact", "greater_than_or_equal_to", STALE_DAYS)
    always = _is("frequency", "greater_than_or_equal_to", 0)
    return {
        "rfm": [_rule("no_purchase", _is("bought", "is_false")), *_rfm()],
        "pareto": [_rule("key", _least("monetary", cuts["head"])), _rule("long_tail", always)],
        "pyramid": [
            _rule("not_existing", _is("bought", "is_false")),
            *(_rule(name, _least("monetary", cut)) for name, cut in tops),
            _rule(PYRAMID[0], always),
        ],
        "stale_contact": [
            _rule("unknown", _is("met", "is_false")),
            _rule("dont_forget", stale, pursued),
            _rule("in_touch", always),
        ],
        "loyalty": [*_loyalty(), _rule("unknown", always)],
    }


def _rfm() -> list[Condition]:
    bands = (
        (_is("recency_days", "greater_than", RECENT_DAYS), _most("recency_days", RECENT_DAYS)),
        (_is("frequency", "less_than", FREQUENT_SALES), _least("frequency", FREQUENT_SALES)),
        (_is("monetary", "less_than", HIGH_CENTS), _least("monetary", HIGH_CENTS)),
    )
    return [_rule(name, *cells) for name, cells in zip(RFM, product(*bands), strict=True)]


def _loyalty() -> list[Condition]:
    rules = []
    for satisfied, likely, willing, label in LOYALTY_RULES:
        said = [_is("satisfaction", "equal_to", value) for value in satisfied or ()]
        chance = [_chance(value) for value in likely or ()]
        asked = [_is("recommend", "equal_to", WILLING[value] or "") for value in willing or ()]
        rules.append(_rule(label, *(_any(cell) for cell in (said, chance, asked) if cell)))
    return rules


def _chance(value: int) -> Condition:
    least, below = ((None, None), (None, 0.3), (0.3, 0.7), (0.7, None))[value]
    if value == 0:
        return _is("chance_known", "is_false")
    ends = [] if least is None else [_least("purchase_score", least)]
    ends += [] if below is None else [_is("purchase_score", "less_than", below)]
    return {"all": [_is("chance_known", "is_true"), *ends]}


def _rule(label: str, *conditions: Condition) -> Condition:
    give = {"name": "give", "params": {"label": label}}
    return {"conditions": {"all": list(conditions)}, "actions": [give]}


def _is(name: str, operator: str, value: Any = None) -> Condition:
    return {"name": name, "operator": operator, "value": value}


def _least(name: str, value: float) -> Condition:
    return _is(name, "greater_than_or_equal_to", value)


def _most(name: str, value: float) -> Condition:
    return _is(name, "less_than_or_equal_to", value)


def _any(conditions: Iterable[Condition]) -> Condition:
    parts: Sequence[Condition] = list(conditions)
    return parts[0] if len(parts) == 1 else {"any": parts}
