"""Due times, reconciliation with profile files, signed tokens."""
