"""DKIM, SPF and the DNS."""
