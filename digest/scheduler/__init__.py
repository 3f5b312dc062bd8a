"""The scheduler, which runs each slot of each job once."""
