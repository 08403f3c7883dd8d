"""What Alembic runs: the migrations, on the connection that `store.migrate` hands it."""

from __future__ import annotations

from alembic import context

from custrata.store.migrations.writing import rendered, restartable
from custrata.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_item=rendered,
    process_revision_directives=restartable,
    transaction_per_migration=False,
    compare_type=True,
)
context.run_migrations()
