"""What travels between the HTTP API and its clients, as pydantic models."""
