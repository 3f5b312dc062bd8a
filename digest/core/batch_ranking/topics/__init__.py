"""Compiles the topics of many profiles, and what is near to them, to arrays."""
