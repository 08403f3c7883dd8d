"""Many records at once: each row is taken or refused by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError

from custrata.api.here import desk
from custrata.api.operations import Operations
from custrata.api.problems import leaves
from custrata.api.schemas.records import BULK, ROWS, BatchOut
from custrata.engine.diagnostics import DataError, Diagnostic
from custrata.service.imports.batch import MOST, REFUSED, STATES, Outcome, take_rows

bulk = Operations("bulk", __name__, description="Many records at once.")
_NOUNS = {"surveys": "answers of surveys", "feedback": "complaints and other feedback"}


def _take(record: str, given: Any) -> dict[str, Any]:
    """What is sent, landed."""
    if not isinstance(given, list) or not 0 < len(given) <= MOST:
        many = f"there are {len(given):,} rows" if isinstance(given, list) else "no list of rows"
        raise DataError(Diagnostic("rows", f"body: {many}", allowed=f"1 to {MOST:,} rows"))
    schema, rows, refused = ROWS[record](), {}, []
    for place, row in enumerate(given):
        try:
            rows[place] = schema.load(row)
        except ValidationError as error:
            said = leaves(error.messages)
            faults = tuple(f"{path or 'row'}: {text}" for path, text in said)
            refused.append(Outcome(place, REFUSED, faults))
    done = take_rows(desk(), record, rows)
    outcomes = sorted((*done.outcomes, *refused), key=lambda one: one.index)
    states = Counter(one.state for one in outcomes)
    return {
        "rows": len(given),
        **{state: states[state] for state in STATES},
        "touched": done.touched,
        "classified": done.classified,
        "moved": len(done.moved),
        "outcomes": [_shown(one) for one in outcomes],
    }


def _shown(one: Outcome) -> dict[str, Any]:
    faults = {"errors": one.faults} if one.faults else {}
    return {"index": one.index, "state": one.state, **faults}


def _operation(record: str) -> None:
    """The operation of a record."""

    def take(given: Any) -> dict[str, Any]:
        return _take(record, given)

    take.__name__ = f"send_{record}"
    take.__doc__ = f"""Send {_NOUNS.get(record, record)}, up to {MOST:,} rows.

        Each row is inserted, changes what is known, says the same again, or is refused; the
        answer says which. A row says nothing of the fields that it leaves out, null empties one.
        Rows with an id of their own replace the one of that id; others are told apart by all that
        they say, so that the same rows again change nothing.
        """
    body = {"type": "array", "minItems": 1, "maxItems": MOST, "items": ROWS[record]}
    decorate: Callable[[Any], Any] = bulk.operation(
        "POST", f"/{record}", "import", BatchOut, body=body, once=True
    )
    decorate(take)


for _record in BULK:
    _operation(_record)
