"""Manages subscriptions, and handles unsubscribe requests and bounces."""
