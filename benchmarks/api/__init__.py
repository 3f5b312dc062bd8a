"""The HTTP API under random requests."""
