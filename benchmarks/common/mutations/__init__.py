"""Single changes of functions, for the measure of what the tests notice."""
