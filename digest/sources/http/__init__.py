"""HTTP client with limits on time, size and network addresses."""
