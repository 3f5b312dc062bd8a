"""The resources of the HTTP API, one group a module."""
