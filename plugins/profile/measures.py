"""Where customers are, seen from the firm: its own province, another one, abroad."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from custrata.engine import Context, Facts, Measure, nw
from custrata.plugins.profile.provinces import COUNTRY, PROVINCES

Parameters = Mapping[str, Any]

_KIND = r"^(thành phố|thanh pho|tỉnh|tinh|tp\.?|city of|province of)[ ]+|^tp\.|[ ]+(city|province)$"
"""What stands before or after a province's name."""
_BETWEEN = r"[ .–-]+"


class Home(Schema):
    """Where the firm itself is."""

    province = fields.String(load_default=None, validate=validate.Length(min=1))
    country = fields.String(load_default="VN", validate=validate.Length(min=1))


def region(facts: Facts, parameters: Parameters, context: Context) -> nw.LazyFrame[Any]:
    """`local`, `out_of_province`, `international`; null where that cannot be told.

    Provinces of Việt Nam are those of today, under whatever name they are written. Without a
    country a customer is in the firm's own.
    """
    domestic = spellings_of(parameters["country"])
    mapped = today() if domestic == COUNTRY else {}
    own = _own(parameters["province"], mapped)
    frame = facts.customers.select("customer_id", *_told(facts, "province", "country"))
    if mapped:
        frame = frame.join(_table(facts, mapped), on="province", how="left")
    place = nw.col("_today" if mapped else "province")
    found = (
        nw.when((~nw.col("country").is_in(domestic)).fill_null(False))
        .then(nw.lit("international"))
        .when(place == own)
        .then(nw.lit("local"))
        .when(place != own)
        .then(nw.lit("out_of_province"))
    )
    return frame.select("customer_id", found.alias("region"))


def unknown_home(facts: Facts, parameters: Parameters, context: Context) -> Iterator[str]:
    """A firm in Việt Nam whose own province is none."""
    province = parameters["province"]
    at_home = spellings_of(parameters["country"]) == COUNTRY
    if province and at_home and folded(province) not in today():
        yield f"{province!r} is no province of Việt Nam, so nobody is known to be local"


def _own(province: str | None, mapped: Mapping[str, str]) -> nw.Expr:
    """The firm's own province as customers' are written; null where none is named."""
    name = folded(province) if province else None
    return nw.lit(mapped.get(name or "") if mapped else name, nw.String)


def folded(name: str) -> str:
    """A name in lower case, without what a province calls itself."""
    return re.sub(_BETWEEN, " ", re.sub(_KIND, "", name.strip().lower())).strip()


def spellings_of(country: str) -> tuple[str, ...]:
    """How a country is written, folded."""
    name = folded(country)
    return COUNTRY if name in COUNTRY else (name,)


def today() -> dict[str, str]:
    """Today's province by each folded name, with and without its marks."""
    return {
        folded(spelt): province
        for province, others in PROVINCES.items()
        for name in (province, *others)
        for spelt in _spellings(name)
    }


def _spellings(name: str) -> Iterator[str]:
    """As it stands, with the mark on the other vowel, and without marks."""
    yield name
    yield name.replace("òa", "oà").replace("óa", "oá")
    plain = unicodedata.normalize("NFD", name).replace("đ", "d").replace("Đ", "D")
    yield "".join(sign for sign in plain if not unicodedata.combining(sign))


def _told(facts: Facts, *attributes: str) -> Iterator[nw.Expr]:
    """Attributes, folded; null where customers have none of that name."""
    for name in attributes:
        known = name in facts.customer_columns
        text = nw.col(name).cast(nw.String) if known else nw.lit(None, nw.String)
        bare = text.str.to_lowercase().str.replace_all(_KIND, "")
        yield bare.str.replace_all(_BETWEEN, " ").alias(name)


def _table(facts: Facts, mapped: Mapping[str, str]) -> nw.LazyFrame[Any]:
    columns = {"province": list(mapped), "_today": list(mapped.values())}
    return facts.backend.table(columns, dict.fromkeys(columns, nw.String))


MEASURES = (
    Measure(
        name="region",
        unit="category",
        type="text",
        inputs=("customers.province", "customers.country"),
        parameters=Home,
        ages="steady",
        needs="any",
        fills=True,
        compute=region,
        doubts=unknown_home,
    ),
)
