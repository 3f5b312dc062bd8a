"""The composition root: builds the parts from a home's settings."""
