"""The demo: invented sample dumps and a mail server on the loopback interface."""
