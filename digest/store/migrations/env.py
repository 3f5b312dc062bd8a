"""Runs Alembic in the transaction that `digest.store.maintenance.migrate` opened."""

from alembic import context

from digest.store.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # true for SQLite too: our connections begin transactions explicitly
    render_as_batch=True,  # SQLite can change most things about a table only by copying it
)
with context.begin_transaction():
    context.run_migrations()
