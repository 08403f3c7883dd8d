"""How long a product waits for each customer, those included who have not bought it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from custrata.engine import Context, Facts, Measure, nw

Parameters = Mapping[str, Any]


class Product(Schema):
    """A product, as transactions name it, and the day of its launch."""

    product = fields.String(required=True, validate=validate.Length(min=1))
    launch = fields.Date(required=True, format="iso")


def adoption_wait_days(facts: Facts, parameters: Parameters, context: Context) -> nw.LazyFrame[Any]:
    """Days from the launch to the first purchase; of who has not bought, to tomorrow.

    So that whoever may still buy stands behind every buyer, also one of today.
    """
    assert facts.lines is not None
    today = (context.as_of - parameters["launch"]).days
    launch = context.day - today
    sold = facts.lines.filter(nw.col("product").cast(nw.String) == parameters["product"])
    first = sold.group_by("customer_id").agg(nw.col("day").min().alias("_first"))
    everyone = facts.customers.select("customer_id").join(first, on="customer_id", how="left")
    wait = nw.coalesce(nw.col("_first") - launch, nw.lit(today + 1))
    return everyone.select("customer_id", wait.alias("adoption_wait_days"))


MEASURES = (
    Measure(
        name="adoption_wait_days",
        unit="days",
        type="integer",
        inputs=("lines.day", "lines.product"),
        parameters=Product,
        compute=adoption_wait_days,
    ),
)
