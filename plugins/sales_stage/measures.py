"""How many opportunities are still open."""

from collections.abc import Mapping
from typing import Any

from custrata.engine import Context, Facts, Measure, nw

Parameters = Mapping[str, Any]


def open_opportunities(facts: Facts, parameters: Parameters, context: Context) -> nw.LazyFrame[Any]:
    """Opportunities whose latest step has no outcome.

    Steps belong together by `opportunity_id`; without that column a customer has one.
    """
    assert facts.opportunities is not None
    there = facts.opportunities.collect_schema().names()
    own = ["customer_id", *(["opportunity_id"] if "opportunity_id" in there else [])]
    decided = ~nw.col("outcome").is_null() if "outcome" in there else nw.col("moment").is_null()
    latest = facts.opportunities.filter(nw.col("moment") == nw.col("moment").max().over(*own))
    each = latest.group_by(*own).agg(decided.any().alias("_decided"))
    still = (~nw.col("_decided")).cast(nw.Int64).sum()
    return each.group_by("customer_id").agg(still.alias("open_opportunities"))


MEASURES = (
    Measure(
        name="open_opportunities",
        unit="opportunities",
        type="integer",
        inputs=("opportunities.moment",),
        no_data=0,
        ages="steady",
        compute=open_opportunities,
    ),
)
