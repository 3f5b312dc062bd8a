"""Mailing lists: who belongs to them, and what happens when a list or a profile file is removed."""
