"""The tables of `sources.toml`, by the kind of source."""
