"""Frozen data types without behaviour that the stages pass to each other."""
