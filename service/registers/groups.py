"""Groups of customers: a tree of names, filled by hand or by a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from custrata.service import audit
from custrata.service.customers.touched import Touching, touching
from custrata.service.desk import Desk
from custrata.service.registers.entries import entry, insert, new_code
from custrata.service.registers.group_rules import check_rule
from custrata.service.registers.members import forget_members, touch_members
from custrata.service.registers.uses import Uses, named_in_cells, named_in_effects, used
from custrata.service.values import needed, prose
from custrata.store.faults import refuse
from custrata.store.models import Group, Membership

_EFFECTS = ("add_to_group", "remove_from_group")
COUNTED = 5_000
"""Members of a group who are counted for the tree."""


@dataclass(frozen=True)
class Branch:
    """A group where it stands in the tree.

    Attributes:
        parent: the code of the group above; None at the top. depth: 0 at the top.
        rule: cells of a dynamic group, as YAML; None for one that is filled by hand.
        members: how many are in it, not counting the groups below; one more than `COUNTED` where
            they are more than that, for counting all takes long.
        whole: how many are in it or in a group below it, each once; None where none is below.
    """

    code: str
    name: str
    parent: str | None
    depth: int
    rule: str | None
    note: str | None
    members: int
    whole: int | None = None


class GroupChanges(TypedDict, total=False):
    """What may be changed of a group; what is left out stays as it is."""

    name: str
    code: str
    parent: str | None
    rule: str | None
    note: str | None


def groups(session: Session) -> tuple[Branch, ...]:
    """All groups by name, those below one right after it."""
    below = _below(session)
    found: list[Branch] = []
    waiting: list[tuple[Group, str | None, int]] = [(one, None, 0) for one in below.get(None, ())]
    while waiting:
        row, parent, depth = waiting.pop()
        found.append(_branch(session, row, parent, depth, below))
        waiting += [(one, row.code, depth + 1) for one in below.get(row.id, ())]
    return tuple(found)


def names_of_groups(session: Session, *, by_hand: bool = False) -> dict[str, str]:
    """The name of every group by its code, in the order of names.

    Args:
        by_hand: only of those that are filled by hand.
    """
    query = select(Group.code, Group.name).order_by(Group.name, Group.code)
    rows = session.execute(query.where(Group.rule.is_(None)) if by_hand else query).all()
    return dict(rows)


def group(session: Session, code: str) -> Branch:
    """One group; as if it stood at the top of the tree.

    Raises:
        StoreError: there is no such group.
    """
    row = entry(session, Group, code)
    above = None if row.parent_id is None else session.get_one(Group, row.parent_id).code
    return _branch(session, row, above, 0, _below(session))


def suggested_code(session: Session, name: str) -> str:
    """The code that a group of that name would get.

    Raises:
        DataError: the name is empty, or none can be made of it.
    """
    return new_code(session, Group, needed("name", name), None)


def overlap(session: Session, code: str, other: str) -> int:
    """How many customers are in both of two groups.

    Raises:
        StoreError: there is no such group.
    """
    one, two = aliased(Membership), aliased(Membership)
    ids = [entry(session, Group, each).id for each in (code, other)]
    both = select(func.count()).where(
        one.group_id == ids[0], two.group_id == ids[1], one.customer_id == two.customer_id
    )
    return session.scalar(both) or 0


def add_group(
    desk: Desk,
    name: str,
    code: str | None = None,
    parent: str | None = None,
    rule: str | None = None,
    note: str | None = None,
) -> str:
    """A group more; its code.

    Args:
        code: None makes one of the name: `Khách hàng thân thiết` gives `khach-hang-than-thiet`.
        parent: the code of the group above.
        rule: makes it a dynamic group: cells as in a row of a table, as YAML. Its members follow
            with the next run.

    Raises:
        DataError: a value that cannot be. RulesError: a rule that cannot be.
        StoreError: the code is taken, or there is no such parent.
    """
    named = needed("name", name)
    with touching(desk) as here:
        row = Group(
            code=new_code(here.session, Group, named, code),
            name=named,
            parent_id=None if parent is None else entry(here.session, Group, parent, "parent").id,
            rule=_checked(here.session, rule),
            note=prose("note", note),
        )
        insert(here.session, row)
        audit.note(here.session, desk, "group.add", "group", row.code, parent=parent)
        return row.code


def change_group(desk: Desk, code: str, /, **changes: Unpack[GroupChanges]) -> str:
    """Name a group otherwise, move it in the tree, give it another rule; its code then.

    A group without a rule keeps the members that it had by one.

    Raises:
        DataError: a value that cannot be. RulesError: a rule that cannot be.
        StoreError: no such group or parent, a circle (`group-circle`), a code that is taken, or
            what would break is in use (`group-used`).
    """
    with touching(desk) as here:
        row = entry(here.session, Group, code)
        if "name" in changes:
            row.name = needed("name", changes["name"])
        if "note" in changes:
            row.note = prose("note", changes["note"])
        if "parent" in changes:
            _move(here.session, row, changes["parent"])
        if "rule" in changes:
            _rule(here, row, _checked(here.session, changes["rule"]))
        if "code" in changes:
            _recode(here.session, row, changes["code"])
        now = row.code
        audit.note(here.session, desk, "group.change", "group", now, was=code, what=sorted(changes))
        here.settle()
    return now


def delete_group(desk: Desk, code: str) -> None:
    """Do away with a group that nothing and nobody needs.

    Raises:
        StoreError: no such group; groups stand below it, customers were put into it, or the rules
            in force name it (`group-used`).
    """
    with touching(desk) as here:
        row = entry(here.session, Group, code)
        uses = group_uses(here.session, code)
        if uses:
            raise used("group", code, uses)
        forget_members(here.session, row)
        here.session.delete(row)
        audit.note(here.session, desk, "group.delete", "group", code)


def group_uses(session: Session, code: str) -> Uses:
    """What would break without a group; members that follow from a rule would not.

    Raises:
        StoreError: no such group.
    """
    row = entry(session, Group, code)
    below = select(Group.code).where(Group.parent_id == row.id).order_by(Group.code)
    count = select(func.count()).where(Membership.group_id == row.id)
    return Uses(
        customers=(session.scalar(count) or 0) if row.rule is None else 0,
        below=tuple(session.scalars(below)),
        effects=named_in_effects(session, _EFFECTS, code),
        cells=named_in_cells(session, lambda column, _cell: column == f"groups.{code}"),
    )


def _below(session: Session) -> dict[int | None, list[Group]]:
    """The groups right below each, the last name first; those of None stand at the top."""
    below: dict[int | None, list[Group]] = {}
    for row in session.scalars(select(Group).order_by(Group.name.desc(), Group.code.desc())):
        below.setdefault(row.parent_id, []).append(row)
    return below


def _branch(
    session: Session,
    row: Group,
    parent: str | None,
    depth: int,
    below: Mapping[int | None, Sequence[Group]],
) -> Branch:
    numbers = [row.id]
    for number in numbers:  # it grows by those below each
        numbers += [one.id for one in below.get(number, ())]
    own = _counted(session, [row.id])
    whole = _counted(session, numbers) if len(numbers) > 1 else None
    return Branch(row.code, row.name, parent, depth, row.rule, row.note, own, whole)


def _counted(session: Session, numbers: Sequence[int]) -> int:
    """How many customers are in any of some groups, up to one more than `COUNTED`."""
    some = select(Membership.customer_id).where(Membership.group_id.in_(numbers)).distinct()
    count = select(func.count()).select_from(some.limit(COUNTED + 1).subquery())
    return session.scalar(count) or 0


def _move(session: Session, row: Group, parent: str | None) -> None:
    """Put a group below another one, unless that one is below it."""
    above = None if parent is None else entry(session, Group, parent, "parent")
    way: list[Group] = []
    step = above
    while step is not None:
        way.append(step)
        if step is row:
            shown = " › ".join(one.code for one in reversed(way))
            fault = f"the group {row.code} cannot stand below {parent}, which stands below it"
            raise refuse("group-circle", f"{fault}: {shown}", "another parent, or none")
        step = None if step.parent_id is None else session.get_one(Group, step.parent_id)
    row.parent_id = above.id if above else None


def _rule(here: Touching, row: Group, rule: str | None) -> None:
    """Fill a group by a rule, or by hand: the rules in force read those filled by hand alone."""
    if rule is not None and row.rule is None:
        uses = group_uses(here.session, row.code)
        if uses.customers or uses.effects or uses.cells:
            raise used("group", row.code, uses, "follow a rule")
    if rule is None and row.rule is not None:
        touch_members(here, row)
    row.rule = rule


def _recode(session: Session, row: Group, code: str) -> None:
    if code == row.code:
        return
    uses = group_uses(session, row.code)
    if uses.effects or uses.cells:
        raise used("group", row.code, uses, "have another code")
    row.code = new_code(session, Group, row.name, code)


def _checked(session: Session, rule: str | None) -> str | None:
    """The rule of a dynamic group, if it can be one; None fills a group by hand."""
    if rule is not None:
        check_rule(session, rule)
    return rule
