"""Whether a customer may be classified, and what she says about it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from custrata.engine.facts.consent import refuses
from custrata.service.audit import Event, Sought, events, note
from custrata.service.customers.touched import touching
from custrata.service.desk import Desk
from custrata.service.runs import Transition
from custrata.service.settings import settings
from custrata.store.models import Customer


def is_left_out(session: Session, known: Customer) -> bool:
    """Whether she gets no label, since she did not consent to it, as the firm wants it."""
    return refuses(known.consent, settings(session).consent_needed)


def consent_recorded(session: Session, known: Customer) -> Event | None:
    """Who wrote down here what she says, and when; None where a file or a program brought it."""
    about = Sought(action="consent.set", subject_kind="customer", subject=known.customer_id)
    last = events(session, about, limit=1)
    return next((one for one in last if one.detail.get("consent") == known.consent), None)


def set_consent(desk: Desk, customer_id: str, consent: bool | None) -> tuple[Transition, ...]:
    """Write down what a customer says: yes, no, or None for nothing.

    Where it takes it, her labels are taken back at once, or found; who changed.

    Raises:
        StoreError: there is no such customer.
    """
    with touching(desk) as here:
        row = here.customer(customer_id)
        row.consent = consent
        note(here.session, desk, "consent.set", "customer", row.customer_id, consent=consent)
        return here.settle()
