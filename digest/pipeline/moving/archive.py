"""The form of an export, for its writer and its reader: docs/export.md describes it for people."""

FORMAT = "paper-digest-export"
VERSION = 1
"""Raised when an earlier program could not read the archive any more."""

MANIFEST = "manifest.json"
TABLES = "tables/"  # one file of JSON lines for each table
HOME = "home/"  # files of the home
SETTINGS = "settings.env"  # in HOME: `.env` without secrets

HOME_FILES = ("sources.toml", "theme.toml")
PROFILES = "profiles"
