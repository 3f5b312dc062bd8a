"""Builds sources and lookup services from the settings of a home."""
