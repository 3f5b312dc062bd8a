"""Connections, transactions, the schema, and helpers for statements."""
