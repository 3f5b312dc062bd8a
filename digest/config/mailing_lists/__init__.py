"""The mailing lists of an installation: `lists.toml`."""
