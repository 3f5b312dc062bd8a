"""The starter profiles: one ready TOML file for each field, copied by `digest profile new`."""
