"""Profiles of subscriptions: the files that they come from, and how they are read from the store."""
