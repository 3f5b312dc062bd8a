"""Finds the paper behind a title: is a found record the stored paper, and when to ask again."""
