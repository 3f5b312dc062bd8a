"""Ranks papers and makes the editions that are due."""
