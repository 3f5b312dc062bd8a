"""Parsers of libraries: BibTeX, RIS, CSL JSON."""
