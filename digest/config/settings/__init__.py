"""The settings: `.env` and the environment."""
