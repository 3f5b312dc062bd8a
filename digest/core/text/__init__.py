"""Tokens, TeX, display text and sentences."""
