"""/healthz and /metrics."""
