"""Commands that run the stages."""
