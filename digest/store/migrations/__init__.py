"""The schema step by step, run by `digest.store.migrate`."""
