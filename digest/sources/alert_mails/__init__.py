"""Alert mails: Google Scholar, PubMed, tables of contents of publishers."""
