"""Many rows at once, in and out, as Polars frames.

Frames hold values as the database does: an Instant is Int64 (microseconds UTC), a Day Int64
(days since 1970-01-01), JSON is String, a digest Binary. Each server has its fastest way in a
module of its own; see docs/decisions/0007.
"""

from custrata.store.bulk.merge import Merged, merge, merge_staged
from custrata.store.bulk.read import read
from custrata.store.bulk.write import insert, staged

__all__ = ["Merged", "insert", "merge", "merge_staged", "read", "staged"]
