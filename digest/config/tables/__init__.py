"""Reads tables of keys and values as records: the tables of TOML files, and the settings."""
