"""Models that understand sentences: optional, off until a setting turns them on."""
