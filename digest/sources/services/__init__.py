"""Sources that ask a service for the papers of some days, page by page."""
