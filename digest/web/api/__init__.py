"""The HTTP API for programs, below /api/v1. It is built when the first valid token comes."""
