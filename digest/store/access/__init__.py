"""The HTTP API: its tokens, answers that are repeated, pages of lists, webhooks."""
