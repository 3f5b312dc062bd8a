"""Scores papers by their likeness to other papers: reading lists, and what a reader liked."""
