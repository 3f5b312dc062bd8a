"""What a scheduler or cron starts: one thin callable each."""
