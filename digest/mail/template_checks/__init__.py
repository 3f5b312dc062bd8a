"""Checks of operators' templates."""
