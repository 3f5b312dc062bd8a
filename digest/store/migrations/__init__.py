"""Alembic migrations, run by `digest.store.maintenance.migrate`."""
