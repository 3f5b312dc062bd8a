"""Checks the templates of an operator before a message is sent."""
