"""Commands that move everything to another home."""
