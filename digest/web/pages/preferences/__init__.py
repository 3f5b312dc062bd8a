"""The page of a reader's preferences."""
