"""What commands print: text, JSON, exit codes, progress."""
