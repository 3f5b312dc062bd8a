"""Papers in a message: as cards, as lines and as titles."""
