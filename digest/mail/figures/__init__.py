"""Pictures of papers: checks what a source sent, and scales it for a message."""
