"""What words in records mean: for one contact as for many."""

from itertools import product

import narwhals.stable.v2 as nw
import polars as pl

from custrata.engine.facts.meaning import contact_counts, reached

CHANNELS = (None, "phone", "newsletter", "Mass Mail", "")
DIRECTIONS = (None, "out", "In", "inbound")
OUTCOMES = (None, "reached", "No  answer", "no-show", "bulk mail", "planned")


def test_one_contact_counts_as_it_does_among_many():
    rows = list(product(CHANNELS, DIRECTIONS, OUTCOMES))
    frame = pl.DataFrame(
        rows, schema=dict.fromkeys(("channel", "direction", "outcome"), pl.String), orient="row"
    )
    counts = contact_counts(nw.from_native(frame.lazy()), {}).collect().to_native()["counts"]
    assert [reached(*row) for row in rows] == counts.to_list()
    assert not reached("newsletter", "out", "sent")
    assert reached("newsletter", "in", None)
