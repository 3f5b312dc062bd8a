"""Builds MIME messages from rendered HTML and text."""
