"""Reads and writes the database: SQLite or PostgreSQL, through SQLAlchemy Core."""
