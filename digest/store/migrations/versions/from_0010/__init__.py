"""Migrations from 0010 on."""
