"""Administers subscriptions; handles unsubscribes and bounces."""
