"""Texts of records made right: typesetting marks, JATS, headings, titles of withdrawn papers."""
