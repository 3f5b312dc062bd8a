"""A stand-in for the services that find papers."""
