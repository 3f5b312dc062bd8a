"""Chooses the papers and the sentences of many editions at once, over arrays."""
