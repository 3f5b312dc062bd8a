"""Runs publish and deliver in shards, on as many processes and machines as wanted."""
