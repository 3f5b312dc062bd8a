"""What ranking knows that no profile says: learned tables and optional language models."""
