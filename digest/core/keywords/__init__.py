"""The keyword language: parses keywords and aliases, and finds them in texts."""
