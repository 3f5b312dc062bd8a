"""The kinds of sources, one per module."""
