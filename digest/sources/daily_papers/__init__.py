"""Parsers of Hugging Face Daily Papers: text dumps and API answers."""
