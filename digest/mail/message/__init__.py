"""From HTML and text to a MIME message."""
