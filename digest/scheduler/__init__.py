"""The scheduler: runs each slot of each job once."""
