"""Debian's Postfix and OpenSMTPD on loopback, without installing them."""
