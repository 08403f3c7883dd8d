"""Any change of any rules is found, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from custrata.engine.diagnostics import RulesError
from custrata.engine.model import AnyOf, LabelInfo, Not, Ruleset
from custrata.service.rules.changes import Change
from custrata.service.rules.difference import compared, difference
from custrata.service.rules.versions import engine_of_text
from custrata.service.rules.words import told
from tests.engine.rulesets import rulesets
from tests.service.rules.test_difference import RULES

CONFIG = Path(__file__).parents[3] / "config"
FILES = [CONFIG / "rules.yaml", *sorted((CONFIG / "presets").glob("*.yaml"))]
TEXTS = [RULES, *(path.read_text(encoding="utf-8") for path in FILES)]
SCALARS = [0, 1, 2.5, 45, -3, True, False, None, "x", "low", "high", "unknown", "> 3", "not(3, x)"]
SCALARS += ["1", "true", "any", "collect", "right", "mean", "median", "VND", "UTC", "all"]
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
some = settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
few = settings(some, max_examples=15)

texts = st.sampled_from(TEXTS) | rulesets().map(lambda rules: rules.text)
dice = st.randoms(use_true_random=False)


def tree_of(text: str) -> Any:
    return yaml.safe_load(text)


def text_of(tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=False, indent=1, default=str)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys or indices."""
    own = list(tree) if isinstance(tree, dict) else range(len(tree))
    inner = [tree[key] for key in own if isinstance(tree[key], dict | list)]
    return [(tree, key) for key in own] + [pair for one in inner for pair in places(one)]


def mutated(text: str, random: Random) -> str:
    """The same rules but for one thing, if they still can be read; else another try."""
    for _ in range(40):
        tree = copy.deepcopy(tree_of(text))
        node, key = random.choice(places(tree))
        mutate(node, key, random)
        try:
            engine_of_text(text_of(tree), "after")
        except RulesError:
            continue
        return text_of(tree)
    return text


def mutate(node: Any, key: Any, random: Random) -> None:
    value, act = node[key], random.choice(["drop", "turn", "turn", "turn", "double", "move"])
    if act == "turn" and not isinstance(value, dict | list):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        more = [value + 1, value * 2, value / 2] if number else []
        node[key] = random.choice([*SCALARS, *more])
    elif act == "double" and isinstance(node, list):
        node.insert(random.randrange(len(node) + 1), copy.deepcopy(value))
    elif act == "move" and isinstance(node, list):
        node.insert(random.randrange(len(node)), node.pop(key))
    elif act == "move":
        node[random.choice(["frequency", "days", "sector", "x", str(key)])] = node.pop(key)
    else:
        del node[key]


def meaning(value: Any) -> Any:
    """What comes of rules, in a form of its own: told apart by type, lists of cells as sets."""
    if isinstance(value, Ruleset):
        kept = ("time_zone", "currency", "window_days", "measures")
        by_name = {one.name: one for one in value.classifiers}
        return meaning({**{name: getattr(value, name) for name in kept}, "classifiers": by_name})
    if isinstance(value, AnyOf | Not):
        parts = frozenset(map(meaning, value.parts))
        alone = isinstance(value, AnyOf) and len(parts) == 1
        return next(iter(parts)) if alone else (type(value), parts)
    if is_dataclass(value):
        known = [(one.name, getattr(value, one.name)) for one in fields(value) if one.compare]
        return type(value), tuple((name, meaning(part)) for name, part in known)
    if isinstance(value, Mapping):
        said = {key: part for key, part in value.items() if part not in ({}, (), LabelInfo())}
        return frozenset((key, meaning(part)) for key, part in said.items())
    if isinstance(value, tuple | list):
        return tuple(map(meaning, value))
    return type(value), value


def ruleset_of(text: str) -> Ruleset:
    return engine_of_text(text, "rules").ruleset


@given(text=texts)
@few
def test_rules_do_not_differ_from_themselves(text):
    assert difference(text, text) == ()
    assert difference(text, text_of(tree_of(text))) == ()


@given(text=texts, random=dice)
@some
def test_a_change_is_found_wherever_the_rules_mean_something_else(text, random):
    other = mutated(text, random)
    found = compared(text, other)
    assert bool(found.changes) == (meaning(ruleset_of(text)) != meaning(ruleset_of(other)))
    assert bool(difference(other, text)) == bool(found.changes)
    for one, line in zip(found.changes, found.told(), strict=True):
        (turned,) = told([around(one)], found.before, found.after)
        assert turned != line or around(one) == one
        assert all(found.told(language) for language in ("en", "vi") if found.changes)


def around(change: Change) -> Change:
    """The same, what was old being new."""
    swap = {"old": "new", "new": "old"}
    values = {}
    for name, value in change.values.items():
        age, line, noun = name.partition("_")
        values[swap.get(age, age) + line + noun] = value
    return Change(change.classifier, change.kind, values)


@given(text=texts, random=dice)
@few
def test_a_row_that_comes_goes_or_moves_is_one_change(text, random):
    tree = tree_of(text)
    tables = [one["table"] for one in tree["classifiers"].values() if "table" in (one or {})]
    assume(tables)
    table = random.choice(tables)
    rows = table["rules"]
    row = {**random.choice(rows), "note": "this one"}
    first, second = random.sample(range(len(rows) + 1), 2)

    def having(*at: int) -> str:
        table["rules"] = [*rows[: at[0]], row, *rows[at[0] :]] if at else rows
        return text_of(tree)

    assert kinds(having(), having(first)) == ["row_added"]
    assert kinds(having(first), having()) == ["row_removed"]
    assert kinds(having(first), having(second)) == ["row_moved"]


def kinds(before: str, after: str) -> list[str]:
    return [one.kind for one in difference(before, after)]
