"""Composes editions: sections, excerpts."""
