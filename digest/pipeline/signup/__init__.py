"""What readers do on the site: sign up, confirm, change their preferences, ask for a link."""
