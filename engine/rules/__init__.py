"""The rules format: text in, a ruleset or every diagnostic out."""

from custrata.engine.rules.cells import parse_cell, spell_cell
from custrata.engine.rules.json_schema import json_schema
from custrata.engine.rules.resolve import read_ruleset

__all__ = ["json_schema", "parse_cell", "read_ruleset", "spell_cell"]
