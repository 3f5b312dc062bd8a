"""The messages of this installation: their sender, headers and content."""
