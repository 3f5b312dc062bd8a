"""The `digest profile` commands."""
