"""Markup in the texts of sources, as plain text: TeX, what is left of TeX, and Markdown."""
