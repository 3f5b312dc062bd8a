"""What the operator's pages do: signing in, the overview, readers, the queue, sources, imports."""
