"""The keyword language: parsing, aliases, patterns."""
