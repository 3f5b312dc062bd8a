"""Stage "enrich": finds the papers behind titles without links."""
