"""Hand-written DuckDB in two steps: measure into a table, find the cut points, classify."""

from __future__ import annotations

from pathlib import Path

import duckdb

from benchmarks.job import (
    AS_OF,
    FREQUENT_SALES,
    HIGH_CENTS,
    LOYALTY,
    NEXT_DAY,
    PURSUED,
    PYRAMID,
    RECENT_DAYS,
    RFM,
    SEGMENTS,
    STALE_DAYS,
    TOP_FRACTIONS,
    TOP_SHARE,
    YEAR_AGO,
)

MEASURE = """
CREATE TEMP TABLE measured AS
WITH sales AS (
    SELECT customer_id,
           max(occurred_at) FILTER (cents >= 0) AS last_sale,
           count(*) FILTER (cents >= 0 AND occurred_at >= TIMESTAMP '{year_ago}') AS frequency,
           sum(cents) FILTER (occurred_at >= TIMESTAMP '{year_ago}') AS monetary
    FROM (SELECT customer_id, occurred_at, {cents} AS cents
          FROM read_parquet('{folder}/transactions.parquet')
          WHERE occurred_at < TIMESTAMP '{next_day}')
    GROUP BY customer_id
), met AS (
    SELECT customer_id, max(occurred_at) AS last_contact
    FROM read_parquet('{folder}/contacts.parquet')
    WHERE occurred_at < TIMESTAMP '{next_day}' AND outcome <> 'missed'
    GROUP BY customer_id
), said AS (
    SELECT customer_id,
           arg_max(answer, answered_at) FILTER (
               question = 'satisfaction' AND answered_at >= TIMESTAMP '{year_ago}'
           )::INTEGER AS satisfaction,
           arg_max(answer, answered_at) FILTER (question = 'recommend')::INTEGER AS recommend
    FROM read_parquet('{folder}/surveys.parquet')
    WHERE answered_at < TIMESTAMP '{next_day}'
    GROUP BY customer_id
)
SELECT customer_id, stage, purchase_score, satisfaction, recommend,
       DATE '{as_of}' - last_sale::DATE AS recency_days,
       coalesce(frequency, 0) AS frequency,
       coalesce(monetary, 0)::BIGINT AS monetary,
       DATE '{as_of}' - coalesce(last_contact::DATE, created_at) AS days_since_contact
FROM read_parquet('{folder}/customers.parquet') AS customers
LEFT JOIN sales USING (customer_id)
LEFT JOIN met USING (customer_id)
LEFT JOIN said USING (customer_id)
LEFT JOIN read_parquet('{folder}/measures.parquet') AS given USING (customer_id)
"""

FIFTHS = """
SELECT quantile_cont(recency_days, [0.2, 0.4, 0.6, 0.8]),
       quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]),
       quantile_cont(monetary, [0.2, 0.4, 0.6, 0.8])
FROM measured WHERE recency_days IS NOT NULL
"""

TOPS = """
SELECT min(monetary) FILTER (place <= {0}), min(monetary) FILTER (place <= {1}),
       min(monetary) FILTER (place <= {2})
FROM (SELECT monetary, row_number() OVER (ORDER BY monetary DESC) AS place, count(*) OVER () AS n
      FROM measured WHERE recency_days IS NOT NULL)
"""

HEAD = """
SELECT max(monetary) FILTER (100 * reached >= {share} * total)
FROM (SELECT monetary, total, sum(brought) OVER (ORDER BY monetary DESC) AS reached
      FROM (SELECT monetary, sum(monetary) AS brought, sum(sum(monetary)) OVER () AS total
            FROM measured WHERE monetary > 0 GROUP BY monetary))
"""

CLASSIFY = """
COPY (
    SELECT customer_id,
           CASE WHEN recency_days IS NULL THEN 'no_purchase' ELSE {rfm}[
               1 + 4 * (recency_days <= {recent})::INT + 2 * (frequency >= {frequent})::INT
               + (monetary >= {high})::INT] END AS rfm,
           CASE WHEN recency_days IS NULL THEN 'no_purchase' ELSE {segments}[
               1 + 25 * ({r}) + 5 * ({f}) + {m}] END AS segments,
           CASE WHEN monetary >= {head} THEN 'key' ELSE 'long_tail' END AS pareto,
           CASE WHEN recency_days IS NULL THEN 'not_existing'
                ELSE {pyramid}[1 + {tops}] END AS pyramid,
           CASE WHEN days_since_contact IS NULL THEN 'unknown'
                WHEN days_since_contact >= {stale} AND stage IN {pursued} THEN 'dont_forget'
                ELSE 'in_touch' END AS stale_contact,
           {loyalty}[1 + 16 * coalesce(satisfaction, 0)
               + 4 * coalesce(1 + (purchase_score >= 0.3)::INT
                                + (purchase_score >= 0.7)::INT, 0)
               + coalesce(1 + (recommend >= 7)::INT + (recommend >= 9)::INT, 0)] AS loyalty
    FROM measured
) TO '{out}' (FORMAT parquet)
"""


def run(folder: Path, out: Path) -> None:
    """Read the data set, write `customer_id` and six labels as Parquet."""
    with duckdb.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        _measure(connection, folder)
        connection.execute(_classify(connection, out))


def _measure(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    transactions = connection.read_parquet(f"{folder}/transactions.parquet")
    kind = str(transactions.types[transactions.columns.index("amount")])
    cents = "round(amount * 100)::BIGINT" if kind == "DOUBLE" else "amount"
    connection.execute(
        MEASURE.format(
            folder=folder, cents=cents, as_of=AS_OF, next_day=NEXT_DAY, year_ago=YEAR_AGO
        )
    )


def _classify(connection: duckdb.DuckDBPyConnection, out: Path) -> str:
    r, f, m = _row(connection, FIFTHS)
    places = (f"(n * {round(share * 100)} + 99) // 100" for share in TOP_FRACTIONS)
    tops = _row(connection, TOPS.format(*places))
    (head,) = _row(connection, HEAD.format(share=round(TOP_SHARE * 100)))
    return CLASSIFY.format(
        rfm=list(RFM),
        segments=list(SEGMENTS),
        pyramid=list(PYRAMID),
        loyalty=list(LOYALTY),
        recent=RECENT_DAYS,
        frequent=FREQUENT_SALES,
        high=HIGH_CENTS,
        stale=STALE_DAYS,
        pursued=PURSUED,
        r=_count("recency_days", "<=", r),
        f=_count("frequency", ">=", f),
        m=_count("monetary", ">=", m),
        head=head,
        tops=_count("monetary", ">=", tops),
        out=out,
    )


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def _count(column: str, sign: str, cuts: list[float]) -> str:
    return " + ".join(f"({column} {sign} {cut})::INT" for cut in cuts)
