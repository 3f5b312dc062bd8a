"""Protects readers and the site: connections, headers, bodies, and where requests come from."""
