"""A few customers with all that lists show and ask for."""

from datetime import date

import polars as pl

from custrata.store.folding import fold
from custrata.store.models import Customer, Group, LabelNow, Membership, Run
from custrata.store.words import keep_words
from tests.service.runs.putting import put


def named(who, name, **more):
    """A customer who is called so."""
    return Customer(customer_id=who, name=name, name_fold=name and fold(name), **more)


def settle(desk, *customers):
    """Put customers into the store; they are found by their names."""
    ids = [one.customer_id for one in customers]
    put(desk, *customers)
    learn(desk, ids)


def learn(desk, ids):
    with desk.database.writing() as connection:
        keep_words(connection, pl.Series(ids, dtype=pl.String), pl.Series([], dtype=pl.String))


def label(desk, classifier, **labels):
    """Labels of customers by their ids, as a run of today leaves them."""
    with desk.database.write() as session:
        if session.get(Run, 1) is None:
            session.add(landed(desk, len(labels)))
            session.flush()
        session.add_all(
            LabelNow(
                classifier=classifier,
                customer_id=who,
                label=one,
                valid_from=date(2026, 11, 21),
                run_id=1,
            )
            for who, one in labels.items()
        )


def landed(desk, customers):
    return Run(
        id=1,
        kind="full",
        state="landed",
        as_of=date(2026, 11, 21),
        version=1,
        watermark=0,
        plugins={},
        by="an",
        started_at=desk.now(),
        counts={"customers": customers, "sizes": {}},
    )


def member(desk, code, *ids):
    """A group, and who is in it."""
    with desk.database.write() as session:
        group = Group(code=code, name=code)
        session.add(group)
        session.flush()
        session.add_all(
            Membership(group_id=group.id, customer_id=one, since=desk.now(), by="an") for one in ids
        )
