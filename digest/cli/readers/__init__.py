"""Commands for many readers at once: mailing lists, imports, the readers of a profile file."""
