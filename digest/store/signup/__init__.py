"""Stores what readers ask for on the site, and until when they paused."""
