"""What the token that asks may do."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from custrata.api.fields import Moment
from custrata.api.here import caller
from custrata.api.operations import Operations
from custrata.service.people.roles import ACTIONS

me = Operations("token", __name__, description="The token that asks.")


class TokenOut(Schema):
    """A token: what it is for, and what it may do."""

    prefix = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    may = fields.List(fields.String(), required=True)
    login = fields.String(required=True, allow_none=True)
    expires_at = Moment(required=True, allow_none=True)


@me.operation("GET", "/token", None, TokenOut)
def show_token() -> dict[str, Any]:
    """Show what the token that asks may do; every token may ask."""
    found = caller()
    return {
        "prefix": found.prefix,
        "name": found.name,
        "role": found.role,
        "may": [one for one in ACTIONS if found.allows(one)],
        "login": found.login,
        "expires_at": found.expires_at,
    }
