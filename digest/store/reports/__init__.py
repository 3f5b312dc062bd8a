"""Read-only reports: status, health, history, runs."""
