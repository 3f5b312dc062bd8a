"""The version, in a module of its own: every package may import it."""

__version__ = "0.2.0"
