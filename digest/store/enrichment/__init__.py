"""Stores what services said about papers that were looked up."""
