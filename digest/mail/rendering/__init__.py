"""Renders an edition as HTML and plain text."""
