"""Finds keywords, and words near to them, in many papers at once."""
