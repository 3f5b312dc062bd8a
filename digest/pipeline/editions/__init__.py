"""Makes the editions of the subscriptions that are due: alone, in sets, and in several processes."""
