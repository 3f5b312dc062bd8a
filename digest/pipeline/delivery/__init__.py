"""Sends the editions in the ledger."""
