"""Decides when digests are due, reconciles profile files, and signs tokens."""
