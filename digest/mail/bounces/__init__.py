"""Parses bounces, complaints and replies."""
