"""Reads the settings of other programs that recommend papers."""
