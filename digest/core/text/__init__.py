"""Processes text: tokens and stems, TeX to Unicode, display text, sentences."""
