"""Profile files: schema, loader, lint, writer."""
