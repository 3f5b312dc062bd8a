"""What a sentence-embedding model adds to the score."""
