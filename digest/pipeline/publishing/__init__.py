"""Makes the editions that are due."""
