"""The score of a paper for one profile."""
