"""The demo: invented sample dumps and a mail server embedded on loopback."""
