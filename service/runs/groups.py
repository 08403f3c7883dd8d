"""Dynamic groups: a rule over labels, measures and attributes, decided as any other table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata import Engine
from custrata.engine.diagnostics import Diagnostic, RulesError
from custrata.engine.model import Classifier
from custrata.engine.rules import read_ruleset
from custrata.service.rules.versions import current, engine_of
from custrata.store.models import Group, RulesetVersion

PREFIX = "group:"
"""Before a group's code, the name of the table that decides who is in it."""
_IN = "true"


def dynamic_rules(session: Session) -> dict[str, str]:
    """The rules of all dynamic groups, by code."""
    query = select(Group.code, Group.rule).where(Group.rule.is_not(None)).order_by(Group.code)
    return {code: rule for code, rule in session.execute(query) if rule}


def check_group_rule(session: Session, rule: str) -> None:
    """Whether a text can be the rule of a dynamic group.

    Args:
        rule: YAML, the cells of a row (`{label.rfm: important_value}`), or a list of such rows.

    Raises:
        RulesError: it cannot; carries every diagnostic.
    """
    with_groups(current(session), {"new": rule})


def with_groups(version: RulesetVersion, rules: Mapping[str, str]) -> Engine:
    """The engine of a version that decides groups besides: one table more for each.

    Raises:
        RulesError: a group's rule is wrong.
    """
    return _with_groups(engine_of(version), version.text, tuple(sorted(rules.items())))


@lru_cache(maxsize=256)
def _with_groups(engine: Engine, text: str, rules: tuple[tuple[str, str], ...]) -> Engine:
    if not rules:
        return engine
    tables = [_table(engine, text, code, rule) for code, rule in rules]
    ruleset = replace(engine.ruleset, classifiers=(*engine.ruleset.classifiers, *tables))
    return Engine(ruleset, engine.plugins, engine=engine.engine)


def _table(engine: Engine, text: str, code: str, rule: str) -> Classifier:
    """The table of a group, read as the last one of the rules."""
    name = PREFIX + code
    whole = _beside(text, name, _rows(rule))
    ruleset = read_ruleset(whole, f"group {code}", engine.plugins)
    return next(one for one in ruleset.classifiers if one.name == name)


def _rows(rule: str) -> list[yaml.Node]:
    """The rows of a rule, as nodes, so that every value keeps its spelling."""
    try:
        root = yaml.compose(rule, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise _wrong("it is no YAML") from error
    rows = root.value if isinstance(root, yaml.SequenceNode) else [root]
    if not rows or not all(isinstance(row, yaml.MappingNode) and row.value for row in rows):
        raise _wrong("it has no cells")
    return list(rows)


def _wrong(fault: str) -> RulesError:
    allowed = "cells such as {label.rfm: important_value}, or a list of such rows"
    return RulesError(Diagnostic("group-rule", f"the rule of the group: {fault}", allowed=allowed))


def _beside(text: str, name: str, rows: list[yaml.Node]) -> str:
    """The rules' text with one classifier more."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    own: Any = yaml.compose(yaml.safe_dump({name: {"table": {"rules": []}}}))
    for row in rows:
        row.value.append((_scalar("label"), _scalar(_IN, "bool")))
    ((key, table),) = own.value
    table.value[0][1].value[0][1].value.extend(rows)
    classifiers = next(node for head, node in root.value if head.value == "classifiers")
    classifiers.value.append((key, table))
    return str(yaml.serialize(root))


def _scalar(text: str, kind: str = "str") -> yaml.ScalarNode:
    return yaml.ScalarNode(f"tag:yaml.org,2002:{kind}", text)
