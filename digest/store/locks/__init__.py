"""Locks that end with the process that holds them."""
