"""The jobs that the scheduler starts, one function each.

`python -m jobs` runs the scheduler.
"""
