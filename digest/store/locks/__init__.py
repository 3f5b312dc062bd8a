"""Locks that end with their process: delivery, scheduler."""
