"""From outside to a Batch: retrieval and parsing are separate modules."""
