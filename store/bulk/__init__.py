"""Many rows at once, in and out, as Polars frames.

Frames hold values as the database does: an Instant is Int64 (microseconds UTC), a Day Int32
(days since 1970-01-01), JSON is String, a digest Binary.
"""

from custrata.store.bulk.read import read
from custrata.store.bulk.write import Merged, insert, merge, staged

__all__ = ["Merged", "insert", "merge", "read", "staged"]
