"""The ledger: editions, claims, attempts."""
