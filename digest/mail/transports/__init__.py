"""SMTP, sendmail, Maildir."""
