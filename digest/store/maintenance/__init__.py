"""Backup, restore, prune, migrate."""
