"""The pure core: no files, network, database, environment or clock."""
