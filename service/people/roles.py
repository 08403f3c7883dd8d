"""Roles, and what each may do."""

from __future__ import annotations

from collections.abc import Mapping

from custrata.engine.diagnostics import DataError, Diagnostic, nearest

VIEWER, EDITOR, PUBLISHER, ADMIN = ROLES = ("viewer", "editor", "publisher", "admin")
"""From the least to the most; each may also do what those before it may."""

FROM: Mapping[str, str] = {
    "see": VIEWER,  # customers, labels, rules, history
    "record": EDITOR,  # contacts, sales, answers, stages, members of groups
    "draft": EDITOR,  # rules, and trying them out
    "approve": PUBLISHER,  # drafts of others
    "publish": PUBLISHER,  # rules, and going back to earlier ones
    "run": PUBLISHER,  # a classification, a back-fill
    "import": PUBLISHER,  # files
    "hand_over": PUBLISHER,  # customers to another salesperson
    "registers": PUBLISHER,  # groups, stages, sources, treatments, closed days
    "export": ADMIN,  # all labels, or all about one customer
    "erase": ADMIN,  # a customer
    "settings": ADMIN,  # of the firm
    "people": ADMIN,  # users and tokens
}
"""By action, the least role that may do it."""
ACTIONS = tuple(FROM)


def allows(role: str, action: str) -> bool:
    """Whether a role may do something; a role that is none may do nothing.

    Raises:
        KeyError: there is no such action.
    """
    least = FROM[action]
    return role in ROLES and ROLES.index(role) >= ROLES.index(least)


def known_role(role: str) -> str:
    """A role that there is.

    Raises:
        DataError: it is none.
    """
    if role not in ROLES:
        fault = f"there is no role {role!r}"
        allowed, close = ", ".join(ROLES), nearest(role, ROLES)
        raise DataError(Diagnostic("no-role", fault, allowed=allowed, nearest=close))
    return role
