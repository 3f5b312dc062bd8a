"""Stores papers, batches, announcements, and the state of sources."""
