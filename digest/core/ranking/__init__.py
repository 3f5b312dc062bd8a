"""Computes the score of a paper for one profile."""
