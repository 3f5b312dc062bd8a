"""The output of commands: text, JSON, exit codes, progress."""
