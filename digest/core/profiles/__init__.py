"""Checks profiles, and derives them from a library."""
