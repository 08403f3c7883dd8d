"""The families of operations."""

from __future__ import annotations

from custrata.api.operations import Operations
from custrata.api.resources.bulk import bulk
from custrata.api.resources.classify import classify
from custrata.api.resources.customers import customers
from custrata.api.resources.drafts import drafts
from custrata.api.resources.facts import facts
from custrata.api.resources.groups import groups
from custrata.api.resources.labels import labels
from custrata.api.resources.me import me
from custrata.api.resources.rules import rules
from custrata.api.resources.runs import runs
from custrata.api.resources.sources import sources
from custrata.api.resources.stages import stages

FAMILIES: tuple[Operations, ...] = (
    *(customers, bulk, facts, labels, classify, runs, rules, drafts),
    *(groups, sources, stages, me),
)
"""In the order in which the document shows them."""
