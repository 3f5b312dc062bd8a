"""One module for each schema revision, named after its number."""
