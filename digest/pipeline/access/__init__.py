"""What the HTTP API does beyond the commands: its tokens, its changes to subscriptions, webhooks."""
