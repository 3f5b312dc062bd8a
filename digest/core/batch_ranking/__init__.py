"""The same score for many profiles at once, by sparse matrix products."""
