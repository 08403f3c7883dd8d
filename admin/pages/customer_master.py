"""Master data as somebody types them: of a customer who is there, or of a new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from flask import abort, request

from custrata.admin import typed
from custrata.admin.here import desk, zone
from custrata.admin.pages.showing import Shown
from custrata.service.customers.listing import owners, teams
from custrata.service.customers.master import (
    WORDS,
    MasterData,
    add_customer,
    correct_customer,
    mark_of,
)
from custrata.service.registers.sources import sources
from custrata.service.registers.stages import stages
from custrata.service.runs import Transition
from custrata.store.models import Customer

_PREFIX = "master-"
"""Before the fields' names: other forms of the page have fields of the same names."""
_CONSENT: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}


def master_values(session: Any, known: Customer | None = None) -> dict[str, Any]:
    """What the form shows: what was typed, else what is known."""
    open_sources = [one for one in sources(session) if one.active or _has(known, one.code)]
    return {
        "master": _shown(known),
        "master_typed": any(name.startswith(_PREFIX) for name in request.form),
        "master_mark": request.form.get("seen") or (mark_of(known) if known else ""),
        "master_words": WORDS,
        "master_sources": [(one.code, one.name) for one in open_sources],
        "master_owners": owners(session),
        "master_teams": teams(session),
    }


def corrected(customer_id: str) -> Iterable[Transition]:
    """Correct a customer by what was typed."""
    return correct_customer(desk(), customer_id, request.form.get("seen"), **_typed())


def added() -> str:
    """Add the customer who was typed; her id."""
    created = _text("created_at")
    return add_customer(
        desk(),
        _text("customer_id") or None,
        typed.moment(created, zone()) if created else None,
        _text("stage") or None,
        **_typed(),
    )


def new_values(session: Any) -> dict[str, Any]:
    """What the page for one more customer shows."""
    known = [one for one in stages(session) if not one.automatic]
    shown = Shown(known)
    now = desk().now().astimezone(zone()).strftime("%Y-%m-%dT%H:%M")
    values = master_values(session)
    more = {"customer_id": "", "created_at": now, "stage": known[0].code if known else ""}
    if request.method == "POST":
        more = {name: _text(name) for name in more}
    elif not values["master"]["owner"]:
        values["master"]["owner"] = desk().by
    return {
        **values,
        "more": more,
        "stages": [("", "–"), *((one.code, shown.stage(one.code)) for one in known)],
    }


def consent_of(text: str) -> bool | None:
    """What she says, as forms have it; what none has does not take a refusal back."""
    return _CONSENT[text] if text in _CONSENT else abort(400)


def _has(known: Customer | None, source: str) -> bool:
    return known is not None and known.source == source


def _text(name: str) -> str:
    return request.form.get(_PREFIX + name, "").strip()


def _typed() -> MasterData:
    """All fields of the form; an empty one forgets what was known.

    Raises:
        DataError: a date that is none.
    """
    born = _text("birth_date")
    found: dict[str, Any] = {name: _text(name) for name in WORDS}
    found |= {"source": _text("source") or None, "consent": consent_of(_text("consent"))}
    found["birth_date"] = typed.day(born) if born else None
    return cast("MasterData", found)


def _shown(known: Customer | None) -> dict[str, Any]:
    names = (*WORDS, "source", "birth_date", "consent")
    if any(name.startswith(_PREFIX) for name in request.form):
        return {name: _text(name) for name in names}
    found = {name: getattr(known, name, None) or "" for name in names}
    said = getattr(known, "consent", None)
    return {**found, "consent": "" if said is None else "yes" if said else "no"}
