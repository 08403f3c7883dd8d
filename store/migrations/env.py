"""What Alembic runs: the migrations, on the connection that `store.migrate` hands it."""

from __future__ import annotations

from alembic import context

from custrata.store.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    compare_type=True,
)
context.run_migrations()
