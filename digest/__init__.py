"""Paper Digest: the daily e-mail digest of new research papers."""

__version__ = "0.2.0"
