"""Stores what the archive shows: editions, the papers that readers keep, pages of offered lists."""
