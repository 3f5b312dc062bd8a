"""Exports everything as one documented archive, and imports it into an empty home."""
