"""The stages of a run: collect, enrich, publish, deliver, tidy.

Each stage reads from the database, computes its result in `digest.core`, and writes the result.
"""
