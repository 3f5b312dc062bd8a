"""Reads folders on IMAP servers: the bounce mailbox, and alert mails."""
