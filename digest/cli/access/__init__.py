"""Commands for the HTTP API: its tokens and its webhooks."""
