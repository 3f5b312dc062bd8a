"""Backup, restore, pruning, and schema upgrades."""
