"""What many abstracts teach about words: frequencies, vectors, abbreviations."""
