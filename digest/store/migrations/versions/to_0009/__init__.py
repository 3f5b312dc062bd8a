"""Migrations up to 0009."""
