"""Crontab expressions, polling times, announcement days, retry delays."""
