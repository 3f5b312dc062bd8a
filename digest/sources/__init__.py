"""Fetches papers from sources and parses them into batches; the two are separate modules."""
