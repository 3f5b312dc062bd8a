"""Writes and sends the messages that readers ask for on the site."""
