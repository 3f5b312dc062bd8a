"""Commands that show, rank and send papers."""
