"""Ways to deliver a message: SMTP, a sendmail program, a Maildir, a folder of .eml files."""
