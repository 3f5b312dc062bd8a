"""The bounded HTTP client."""
