"""Settings, sources and profiles: the one reader of the environment."""
