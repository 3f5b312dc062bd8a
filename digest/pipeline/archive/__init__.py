"""The archive: editions online, the papers of a reader, secret feeds, public pages of offered lists."""
