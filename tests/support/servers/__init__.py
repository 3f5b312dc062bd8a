"""Servers for tests: this home's site, a hostile web server, a stand-in for a language model."""
