"""Composes editions: chooses the papers, the sections and the sentences."""
