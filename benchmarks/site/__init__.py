"""Measures the readers' site: abuse, tokens, times, load and pages."""
