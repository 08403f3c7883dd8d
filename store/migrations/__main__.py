"""Write the next migration: `python -m custrata.store.migrations "what changes"`.

It holds the difference between the models and the tables as the migrations so far make them.
"""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory

from alembic import command

from custrata.store import migrate
from custrata.store.database import Database


def write(message: str) -> str:
    """Write the file of the next migration; its path."""
    number = f"{int(migrate.head()) + 1:04}"
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/tables.db")
        migrate.upgrade(database)
        with database.writing() as connection:
            settings = migrate.config(connection)
            made = command.revision(settings, message, autogenerate=True, rev_id=number)
        database.close()
    return str(getattr(made, "path", made))


if __name__ == "__main__":
    sys.stdout.write(f"{write(' '.join(sys.argv[1:]))}\n")
