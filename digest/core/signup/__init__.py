"""Decides about what readers do on the site: tokens, limits, which domains may sign up."""
