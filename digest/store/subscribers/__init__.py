"""Stores addresses, subscriptions, consent and bounces."""
