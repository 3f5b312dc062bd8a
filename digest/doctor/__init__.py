"""Checks a home: settings, templates, mail server, DNS, site."""
