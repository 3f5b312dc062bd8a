"""What the program answers to the web: unsubscribing, and whether it is well."""
