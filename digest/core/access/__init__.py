"""The HTTP API: tokens and their scopes, positions in lists, signatures of webhooks."""
