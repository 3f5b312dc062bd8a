"""From an edition to HTML and text."""
