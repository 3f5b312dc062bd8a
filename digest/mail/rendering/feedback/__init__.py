"""The links for feedback below a paper."""
