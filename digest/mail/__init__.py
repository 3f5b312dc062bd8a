"""From an edition to a delivered message."""
