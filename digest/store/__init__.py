"""The one door to the database: SQLite and PostgreSQL through SQLAlchemy Core."""
