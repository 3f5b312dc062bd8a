"""Tables of papers, batches and sources."""
