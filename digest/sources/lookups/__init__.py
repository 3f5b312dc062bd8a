"""Services that find papers by their titles: one module for each."""
