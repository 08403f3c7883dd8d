"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from custrata.store import types

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision; again, where it was cut off."""
    ${upgrades if upgrades else "pass"}
