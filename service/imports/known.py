"""What files may name and the store must know: stages, groups, sources, the rules' choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from custrata.service.amounts import Extent
from custrata.service.rules.versions import current, engine_of
from custrata.store.folding import fold
from custrata.store.models import Group, Source, Stage, Transaction


@dataclass(frozen=True)
class Known:
    """All of it, at one moment. Names are folded, see `fold`.

    Attributes:
        time_zone: in which times without an offset are.
        currency: the only one that amounts may be in; None where none is known yet.
        names: how what is folded is written.
        stages: the code of each stage, by its code and its names in every language.
        automatic: codes that rules alone set.
        groups: the id of each group that is filled by hand, by its code and its name.
        dynamic: codes and names of groups that a rule fills.
        twofold: names that several groups bear.
        sources: the code of each source, by its code and its name.
        extent: of the amounts, where a file brings more of them.
        asked: whether the currency was asked for.
    """

    time_zone: str
    currency: str | None
    names: Mapping[str, str]
    stages: Mapping[str, str]
    automatic: frozenset[str]
    groups: Mapping[str, int]
    dynamic: frozenset[str]
    twofold: frozenset[str]
    sources: Mapping[str, str] = field(compare=False)
    extent: Extent = field(default=Extent(), compare=False)
    asked: bool = field(default=True, compare=False)


def known(session: Session, *, currency: bool = True) -> Known:
    """What the store knows now.

    Args:
        currency: whether it matters in which one amounts are, where the rules name none: as long
            as no amount has one, all are looked through.
    """
    ruleset = engine_of(current(session)).ruleset
    stages = session.scalars(select(Stage).order_by(Stage.position, Stage.code)).all()
    groups = session.scalars(select(Group)).all()
    by_hand = [one for one in groups if one.rule is None]
    sources = session.scalars(select(Source)).all()
    return Known(
        time_zone=ruleset.time_zone,
        currency=ruleset.currency or (_currency(session) if currency else None),
        names={fold(name): name for name in _written(stages, by_hand)},
        stages=_named((one.code, [one.code, *one.names.values()]) for one in stages),
        automatic=frozenset(one.code for one in stages if one.automatic),
        groups=_named((one.id, [one.code, one.name]) for one in by_hand),
        dynamic=frozenset(
            fold(text) for one in groups if one.rule is not None for text in (one.code, one.name)
        ),
        twofold=_twofold(by_hand),
        sources=_named((one.code, [one.code, one.name]) for one in sources),
        asked=currency,
    )


def _named(pairs: Iterable[tuple[Any, list[str]]]) -> dict[str, Any]:
    """By every name; a code, which comes first, is never hidden by another's name."""
    listed = list(pairs)
    found = {fold(name): value for value, names in listed for name in names}
    return found | {fold(names[0]): value for value, names in listed}


def _written(stages: Iterable[Stage], groups: Iterable[Group]) -> Iterator[str]:
    for stage in stages:
        yield from (stage.code, *stage.names.values())
    for group in groups:
        yield from (group.code, group.name)


def _currency(session: Session) -> str | None:
    """The currency that amounts are in already."""
    named = select(Transaction.currency).where(Transaction.currency.is_not(None))
    return session.scalars(named.limit(1)).first()


def _twofold(groups: list[Group]) -> frozenset[str]:
    names = [fold(one.name) for one in groups]
    codes = {fold(one.code) for one in groups}
    return frozenset(name for name in names if names.count(name) > 1 and name not in codes)
