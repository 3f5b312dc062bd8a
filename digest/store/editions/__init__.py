"""The ledger: stored editions, claims on them, and delivery attempts."""
