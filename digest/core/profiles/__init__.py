"""Finds probable mistakes in profiles, and derives keywords from a reading list."""
