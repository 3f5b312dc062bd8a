"""Computes the same scores for many profiles at once, by sparse matrix products."""
