"""Reads mailboxes, and parses bounces, complaints and automatic replies."""
