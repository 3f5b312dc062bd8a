"""Decides whether two records describe the same paper, and merges them."""
