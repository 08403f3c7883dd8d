"""Facts: the records of customers, canonical, cut at the as-of date."""

from custrata.engine.backends.given import Source
from custrata.engine.facts.facts import Facts
from custrata.engine.facts.read import read_facts

__all__ = ["Facts", "Source", "read_facts"]
