"""The types that travel between the stages: frozen, without behaviour."""
