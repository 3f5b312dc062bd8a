"""Measurements; the figures last seen are in README.md."""
