"""The pages of the archive: editions, the papers of a reader, feeds, offered lists."""
