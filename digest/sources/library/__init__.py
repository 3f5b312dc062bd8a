"""Parsers of reading lists: BibTeX, RIS, CSL JSON."""
