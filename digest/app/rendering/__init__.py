"""Rendering in processes of its own."""
