"""Parsers of arXiv feeds, RSS, Atom and JSON Feed."""
