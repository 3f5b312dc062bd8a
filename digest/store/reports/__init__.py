"""Queries for status, monitoring and history; also the log of job runs and alerts."""
