"""Tables of subscriptions, addresses and bounces."""
