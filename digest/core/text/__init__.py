"""Processes text: tokens and lemmas, TeX to Unicode, display text, sentences."""
