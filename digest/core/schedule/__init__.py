"""Computes times: crontab expressions, polling, announcement days, retries."""
