"""Connection, schema and statements."""
