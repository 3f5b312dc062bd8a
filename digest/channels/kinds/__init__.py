"""The kinds of channels, one a module."""
