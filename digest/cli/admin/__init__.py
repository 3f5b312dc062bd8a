"""Commands with which the operator sets up, watches and maintains an installation."""
