"""The kinds of sources: each looks somewhere, has what it finds parsed, and keeps its place."""
