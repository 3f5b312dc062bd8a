"""How Alembic runs here: in the transaction that `digest.store.migrate` opened."""

from alembic import context

from digest.store.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's is, as we begin its transactions ourselves
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
