"""A made-up trading firm with customers of all kinds: for the demo, tests and benchmarks."""

from custrata.service.company.files import write
from custrata.service.company.generate import company
from custrata.service.company.records import Company

__all__ = ["Company", "company", "write"]
