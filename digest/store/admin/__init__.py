"""Stores what the operator's pages need: sessions, the log of actions, counts for the plots."""
