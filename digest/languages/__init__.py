"""Texts for readers in their languages: catalogues of messages, plural forms, dates and numbers."""
