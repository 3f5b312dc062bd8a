"""Lists that other programs exported, with what they say of who left, bounced or never confirmed."""
