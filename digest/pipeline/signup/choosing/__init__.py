"""What readers choose on the pages of their digests: checked, shown with examples, and stored."""
