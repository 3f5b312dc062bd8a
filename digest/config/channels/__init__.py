"""Reads `channels.toml`: where digests go that are not sent by mail."""
