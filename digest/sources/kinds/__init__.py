"""One kind of source per module."""
